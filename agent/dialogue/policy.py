"""Decides what a turn is about: an answer to the open question, a new wish, or neither."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from agent.dialogue import slots as readers
from agent.dialogue.business import WEEKDAYS, Business, Intent
from agent.dialogue.draft import Draft
from agent.dialogue.frames import LONGEST_ASIDE, Frames
from agent.dialogue.frames_said import denies, joined, names_another, nothing_beside
from agent.dialogue.intents import Match
from agent.dialogue.opening_hours import day_asked, open_state
from agent.dialogue.phrasing import Value
from agent.dialogue.slot_filling import Filled
from agent.dialogue.state import Frame
from agent.dialogue.tools import Toolbox

Find = Callable[[str, bool], Sequence[Match]]
UNSURE_BELOW = 0.5
"""A recogniser's confidence below which values are confirmed."""
UNHEARD_BELOW = 0.25
"""And below which words that mean nothing to us were probably misheard."""
CHANGES_SUBJECT = 0.58
"""Score at which another wish wins over an open question that got no answer."""
CHANGES_SUBJECT_SURELY = 0.72
"""And over one whose answer might stand in the same words."""
MISSES_BEFORE_HUMAN = 3
SHORT_REFERENCE = 6
"""Words of "no, the other order" and its like, at most."""
DURING = ("repeat", "human", "goodbye", "dont_know")
"""Actions that don't end the open wish."""


class Policy:
    """What to do with a turn, for one business. Shared by calls: state stands in the draft."""

    def __init__(self, business: Business, toolbox: Toolbox) -> None:
        self._business = business
        self.frames = Frames(business, toolbox)

    def intent(self, name: str) -> Intent:
        return self._business.intents[name]

    async def turn(self, draft: Draft, text: str, confidence: float, matches: Sequence[Match]) -> None:
        """Decides the reply to `text`, whose wishes are `matches`."""
        confident = confidence >= UNSURE_BELOW
        frame = draft.state.frame
        if frame is not None and frame.waits:
            if await self._during(draft, frame, text, confident, matches[0]):
                await self._go_on(draft, text)
                return
            if draft.lines or draft.again:
                return
        elif await self._after(draft, text, matches[0]):
            await self._go_on(draft, text)
            return
        wishes = [match.name for match in matches if match.name is not None]
        if not wishes:
            self._missed(draft, confidence)
            return
        await self._wish(draft, wishes[0], text, confident)
        draft.state = replace(draft.state, wishes=tuple(wishes[1:]), misses=0)
        await self._go_on(draft, text)

    async def _during(self, draft: Draft, frame: Frame, text: str, confident: bool, match: Match) -> bool:
        """Takes `text` as the answer to the open question. False: another wish, or none."""
        action = self.intent(match.name).action if match.name is not None else None
        clear = match.score >= CHANGES_SUBJECT and match.sure
        if action in DURING and clear and match.name is not None:
            await self._act(draft, match.name, frame, text)
            return False
        other = match.name is not None and match.name != frame.intent and not self.intent(match.name).weak
        tells = other and action is None
        tells_surely = tells or (other and action == "hours")
        if not (
            tells_surely and match.score >= CHANGES_SUBJECT_SURELY and match.sure and len(text.split()) > 3
        ):
            if await self.frames.answer(draft, frame, text, confident=confident):
                return True
        if (tells and clear) or (other and action == "hours" and clear):
            self._put_aside(draft, frame)
            return False
        if await self.frames.volunteered(draft, frame, text, confident=confident):
            return True
        if match.name is not None and self.intent(match.name).weak and match.score >= CHANGES_SUBJECT:
            self.frames.ask_again(draft, frame)
            return False
        if match.name == frame.intent and frame.failures == 0 and not frame.writing:
            self.frames.ask_again(draft, frame)
            draft.state = replace(draft.state, frame=replace(frame, failures=1))
            return False
        if frame.writing:
            await self._ask_to_agree(draft, frame)
            return False
        self.frames.failed(draft, frame)
        return False

    async def _ask_to_agree(self, draft: Draft, frame: Frame) -> None:
        """Yes or no wasn't heard: asks once more, then leaves things as they are."""
        if frame.failures >= 1:
            draft.intent = frame.intent
            draft.say(("set_aside", "human_phone"))
            draft.state = replace(draft.state, frame=None)
            return
        await self.frames.advance(draft, replace(frame, writing=False, failures=frame.failures + 1))

    def _put_aside(self, draft: Draft, frame: Frame) -> None:
        kept = replace(frame, writing=False, unheard=False, failures=0)
        aside = (*draft.state.aside, kept)[-LONGEST_ASIDE:]
        draft.state = replace(draft.state, frame=None, aside=aside)

    async def _after(self, draft: Draft, text: str, match: Match) -> bool:
        """Takes `text` as a word on the last answer: a correction, another number, yes or no."""
        clear = match.score >= CHANGES_SUBJECT and (match.sure or not denies(text))
        wish = match.name if clear else None
        for done in draft.state.done[:1]:
            if wish in (None, done.intent) and await self.frames.corrected(draft, done, text):
                return True
        for done in draft.state.done:
            if wish is None and await self._another(draft, done, text):
                return True
        if wish is not None and self.intent(wish).action == "goodbye":
            return False
        for done in draft.state.done[:1]:
            again = wish is None and len(text.split()) <= SHORT_REFERENCE
            if names_another(text) and (again or (denies(text) and wish == done.intent)):
                return self.frames.other(draft, done)
        alone = nothing_beside(text)
        agreed = readers.yes_no(text) if alone or len(text.split()) <= 4 else None
        if agreed is None or (wish is not None and not self.intent(wish).weak):
            return False
        if agreed is False and not alone and wish is None:  # a no, and something that wasn't understood
            if draft.state.misses:
                return False
            draft.say(["say_again"])
            draft.state = replace(draft.state, misses=1)
        elif agreed is False and draft.state.offered:
            self._close(draft)
        elif agreed is False:
            draft.say(("all_right", "anything_else"))
            draft.state = replace(draft.state, offered=True)
        elif wish is None:
            draft.say(["how_can_i_help"])
        else:
            return False
        return True

    async def _another(self, draft: Draft, done: Frame, text: str) -> bool:
        """ "And five five seven eight one?": the last wish with another value."""
        for name in done.slots:
            if self.frames.slot(name).type not in ("digits", "choice"):
                continue
            filled = await self.frames.read(draft, name, text, asked=False, confident=True)
            if filled is not None and filled.value != done.slots[name]:
                await self.frames.take(draft, replace(done, asking=name), name, filled)
                return True
        return False

    async def _wish(self, draft: Draft, name: str, text: str, confident: bool) -> None:
        intent = self.intent(name)
        draft.intent = name
        if intent.action is not None:
            await self._act(draft, name, None, text)
        elif intent.tool is not None:
            await self.frames.begin(draft, name, text, confident=confident)
        else:
            draft.say(intent.say)
            offers = "anything_else" in intent.say
            draft.state = replace(draft.state, offered=offers)

    async def _act(self, draft: Draft, name: str, frame: Frame | None, text: str) -> None:
        action = self.intent(name).action
        draft.intent = name
        if action == "repeat":
            draft.again = True
        elif action == "goodbye":
            self._close(draft)
        elif action == "human":
            self._human(draft)
        elif action == "hours":
            self._hours(draft, text)
        elif action == "dont_know" and frame is not None and frame.asking is not None:
            await self._help(draft, frame)
        if frame is None:
            draft.state = replace(draft.state, offered=False)

    async def _help(self, draft: Draft, frame: Frame) -> None:
        slot = self.frames.slot(str(frame.asking))
        if frame.failures >= 1 or slot.help is None:
            draft.say(("human_phone", "human_hours", "anything_else"))
            draft.state = replace(draft.state, frame=None, offered=True)
            return
        draft.say([slot.help])
        self.frames.ask_again(draft, replace(frame, failures=1))

    def _close(self, draft: Draft) -> None:
        draft.say(["closing"])
        draft.ends_call = True

    def _human(self, draft: Draft) -> None:
        if self._business.profile.human.transfer_to is not None and draft.say(["human_transfer"]):
            draft.transfer = True
            return
        draft.say(("human_phone", "human_hours"))

    def _hours(self, draft: Draft, text: str) -> None:
        if self._hours_of_day(draft, text):
            return
        now = open_state(self._business.profile, draft.now)
        local = draft.now.strftime("%A").lower()
        values: dict[str, Value] = {}
        if now.until is not None:
            values["open_until"] = _time(
                "open_until", now.until.strftime("%H:%M"), f"business.hours.{local}.closes"
            )
        if now.next_day is not None and now.next_at is not None:
            day = now.next_day.strftime("%A")
            source = f"business.hours.{day.lower()}"
            values["opens_day"] = Value("opens_day", day, "text", source)
            values["opens_at"] = _time("opens_at", now.next_at.strftime("%H:%M"), f"{source}.opens")
        if now.holiday is not None:
            values["holiday"] = Value("holiday", now.holiday, "text", "business.holidays")
        draft.say(["opening_hours"])
        if now.holiday is not None:
            draft.say(["closed_holiday"], values)
        draft.say(["open_now" if now.open else "closed_now"], values)

    def _hours_of_day(self, draft: Draft, text: str) -> bool:
        """The hours of a day that `text` names. False where it names none, or no phrase tells it."""
        asked = day_asked(self._business.profile, text, draft.now.date())
        if asked is None:
            return False
        weekday = WEEKDAYS[asked.day.weekday()]
        source = f"business.hours.{weekday}"
        values: dict[str, Value] = {
            "asked_weekday": Value("asked_weekday", weekday.capitalize(), "text", "calendar"),
            "asked_date": Value("asked_date", asked.day.isoformat(), "date", "caller"),
        }
        if asked.holiday is not None:
            values["holiday"] = Value("holiday", asked.holiday, "text", "business.holidays")
            return draft.say(["closed_holiday_on"], values) > 0
        if asked.opening is None:
            return draft.say(["closed_on"], values) > 0
        for name, at in (("day_opens", asked.opening.opens), ("day_closes", asked.opening.closes)):
            values[name] = _time(name, at.strftime("%H:%M"), f"{source}.{name.removeprefix('day_')}")
        if asked.open_at is not None:
            values["asked_time"] = _time("asked_time", asked.open_at.strftime("%H:%M"), "caller")
        if asked.timed:
            then = "open_at_time" if asked.open_at is not None else "closed_then"
            draft.say([then], values, ("day_opens", "day_closes"))
        return draft.say(["open_on"], values) > 0

    def _missed(self, draft: Draft, confidence: float) -> None:
        """None of the intents: says so, and what the agent can do."""
        misses = draft.state.misses + 1
        draft.state = replace(draft.state, misses=misses, offered=False)
        if confidence < UNHEARD_BELOW and misses == 1:
            draft.say(["say_again"])
        elif misses >= MISSES_BEFORE_HUMAN:
            draft.say(("none_of_these", "human_phone"))
        else:
            draft.say(("none_of_these", "capabilities"))

    async def _go_on(self, draft: Draft, text: str) -> None:
        """After an answer: the next wish of the same breath, or the one put aside.

        After a wish that goes before all others (an emergency) nothing else is taken up.
        """
        if draft.intent is not None and self.intent(draft.intent).first:
            draft.state = replace(draft.state, frame=None, aside=(), wishes=())
            return
        while draft.state.frame is None and not draft.ends_call:
            if not await self.frames.next_of_breath(draft):
                break
        while draft.state.frame is None and draft.state.wishes and not draft.ends_call:
            name, *rest = draft.state.wishes
            first = draft.intent
            slots = dict(draft.slots)
            draft.state = replace(draft.state, wishes=tuple(rest))
            await self._wish(draft, name, text, True)
            draft.intent = first
            draft.slots = {**draft.slots, **slots}
        if draft.state.frame is None and draft.state.aside and not draft.ends_call and not draft.transfer:
            *rest_aside, frame = draft.state.aside
            draft.state = replace(draft.state, aside=tuple(rest_aside))
            intent, slots = draft.intent, dict(draft.slots)
            draft.say(["take_up_again"])
            await self.frames.advance(draft, frame)
            draft.intent, draft.slots = intent, slots

    async def keys(self, draft: Draft, pressed: str) -> None:
        """Decides the reply to keys."""
        frame = draft.state.frame
        if frame is not None and (frame.writing or frame.confirming) and pressed in ("1", "2"):
            await self.frames.answer(draft, frame, "yes" if pressed == "1" else "no", confident=True)
            await self._go_on(draft, "")
            return
        if frame is not None and frame.asking is not None and self.frames.slot(frame.asking).type == "digits":
            length = self.frames.slot(frame.asking).length
            found = readers.keypad(pressed, length)
            if found is None:
                self.frames.failed(draft, frame)
                return
            complete = length in (None, len(found.value))
            filled = Filled(found.value, False, incomplete=not complete)
            if not complete:
                slot = self.frames.slot(frame.asking)
                filled = joined(slot, frame.heard, found.value, confident=True) or filled
            await self.frames.take(draft, replace(frame, confirming=None), frame.asking, filled)
            await self._go_on(draft, "")
            return
        if pressed == "0":
            self._human(draft)
        elif frame is not None:
            self.frames.ask_again(draft, frame)
        else:
            await self._unasked(draft, pressed)

    async def _unasked(self, draft: Draft, pressed: str) -> None:
        """A number typed before anything was asked: kept for the wish that needs it."""
        found = readers.keypad(pressed)
        fitting = [
            n
            for n, s in self._business.slots.items()
            if found and s.type == "digits" and s.length == len(found.value)
        ]
        if found is not None and len(fitting) == 1:
            name = fitting[0]
            for done in draft.state.done:
                if name in done.slots:
                    await self.frames.take(draft, replace(done, asking=name), name, Filled(found.value))
                    return
            draft.state = replace(draft.state, memory={**draft.state.memory, name: found.value})
            draft.slots = {name: found.value}
        draft.say(["how_can_i_help"])


def _time(name: str, raw: str, source: str) -> Value:
    return Value(name, raw, "time", source)
