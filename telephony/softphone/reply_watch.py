"""When the next thing may be said: whether the agent has replied, and whether its reply has ended.

Pure: what is heard and the marks that pass come in with the call's time in ms.
"""

from telephony.line.playout import Tag, parse_mark

AFTER_REPLY_MS = 600
"""From the reply's end, as the server marked it, to the caller's next words."""
SILENCE_MS = 1_500
"""Silence that ends a reply where no mark says so."""
NO_ANSWER_MS = 8_000
"""After this long without a sound the caller goes on."""
NEW_SPAN_MS = 300

Key = tuple[int, int]


class ReplyWatch:
    """One call's watch. Each thing that the caller does opens a new wait for a reply."""

    def __init__(self) -> None:
        self._acted_start_ms = 0.0
        self._acted_end_ms = 0.0
        self._marked = False
        self._key: Key | None = None
        self._began_ms: float | None = None
        """When the turn that is being heard, or was heard last, began."""
        self._last_heard_ms: float | None = None
        self._fresh_first_ms: float | None = None
        self._fresh_last_ms: float | None = None
        self._ended_ms: float | None = None
        self._cleared = False

    def acts(self, start_ms: float, end_ms: float) -> None:
        """The caller begins something that will end at `end_ms`: what comes from now on is its reply."""
        self._acted_start_ms = start_ms
        self._acted_end_ms = end_ms
        self._fresh_first_ms = self._fresh_last_ms = self._ended_ms = None
        self._cleared = False

    def heard(self, at_ms: float, end_ms: float, tag: Tag | None) -> None:
        """An audible stretch of the agent's."""
        key = (tag.epoch, tag.turn) if tag is not None else None
        self._marked = self._marked or tag is not None
        silent_ms = at_ms - self._last_heard_ms if self._last_heard_ms is not None else NEW_SPAN_MS
        if key != self._key or (key is None and (silent_ms >= NEW_SPAN_MS or self._cleared)):
            self._key, self._began_ms = key, at_ms
            self._cleared = False
        self._last_heard_ms = end_ms
        if self._began_ms is not None and self._began_ms >= self._acted_start_ms:
            if self._fresh_first_ms is None:
                self._fresh_first_ms = at_ms
            self._fresh_last_ms = end_ms
            if self._ended_ms is not None and self._ended_ms < at_ms:
                self._ended_ms = None

    def mark_played(self, name: str, at_ms: float) -> None:
        """A mark that was reached by playing, not returned by `clear`."""
        mark = parse_mark(name)
        if mark is None:
            return
        self._marked = True
        if mark.kind == "e" and self._fresh_last_ms is not None and (mark.epoch, mark.turn) == self._key:
            self._ended_ms = at_ms

    def cleared(self) -> None:
        """The agent took back what it had not yet said: its turn is over, a reply is awaited."""
        self._cleared = True

    def may_speak(self, now_ms: float) -> bool:
        """Whether the reply to the caller's last act has ended, or none came."""
        if now_ms < self._acted_end_ms:
            return False
        last_ms = max(self._acted_end_ms, self._last_heard_ms or 0.0)
        if self._fresh_last_ms is None:
            spoke_on = (self._last_heard_ms or 0.0) > self._acted_end_ms and not self._cleared
            return now_ms - last_ms >= (SILENCE_MS if spoke_on else NO_ANSWER_MS)
        if self._ended_ms is not None:
            return now_ms - self._ended_ms >= AFTER_REPLY_MS
        return now_ms - last_ms >= (NO_ANSWER_MS if self._marked else SILENCE_MS)

    def agent_spoke_for(self, now_ms: float, ms: int) -> bool:
        """Whether the reply began `ms` ago or earlier; also true where none came."""
        if self._fresh_first_ms is not None:
            return now_ms - self._fresh_first_ms >= ms
        last_ms = max(self._acted_end_ms, self._last_heard_ms or 0.0)
        return now_ms - last_ms >= NO_ANSWER_MS
