"""Keys and words at the same time: which words belong to the keys, and which are a turn of their own."""

import re

from agent.call.frames import CallerTurnFrame
from agent.turns.end_of_turn import spoken_digits
from agent.turns.interruption import goes_on


class Keying:
    """What one caller presses and says meanwhile. Positions are ms of the caller's sound."""

    def __init__(self) -> None:
        self._pressing = False
        self._held: list[CallerTurnFrame] = []
        self._until_ms = -1

    def pressed(self) -> None:
        """A key came; a turn of keys follows."""
        self._pressing = True

    def holds(self, speech: CallerTurnFrame, *, typed: bool) -> bool:
        """Whether `speech` ended while keys are being pressed that were asked for (`typed`): it is kept for
        the keys' turn."""
        if self._pressing and typed:
            self._held.append(speech)
            return True
        return False

    def done(self, keys: CallerTurnFrame) -> list[CallerTurnFrame]:
        """What was said while `keys` were pressed."""
        self._pressing = False
        self._until_ms = max((span.end_ms for span in keys.spans), default=-1)
        held, self._held = self._held, []
        return held

    def covers(self, speech: CallerTurnFrame) -> bool:
        """Whether `speech` began before the last key and says nothing that the keys haven't said."""
        began_ms = min((span.start_ms for span in speech.spans), default=self._until_ms + 1)
        return began_ms <= self._until_ms and says_no_more(speech.text)


def says_no_more(text: str) -> bool:
    """Whether words over keys are nothing but a murmur, or digits read aloud."""
    words = re.findall(r"[a-z']+|\d", text.lower())
    return goes_on(text, expected_answer=False) or 2 * spoken_digits(words) >= len(words)
