"""What a good clerk does beside the matter: repeats, slows down, waits, keeps calm, calls a person."""

import re
from collections.abc import Sequence
from dataclasses import replace

from agent.dialogue import slots as readers
from agent.dialogue.business import Business
from agent.dialogue.draft import Draft
from agent.dialogue.frames import Frames
from agent.dialogue.frames_said import nothing_beside
from agent.dialogue.hours import goes_on, tell_hours
from agent.dialogue.intents import TUNING, Match, listener
from agent.dialogue.languages import language_named, language_spoken
from agent.dialogue.protocol import Voice
from agent.dialogue.slot_filling import choose
from agent.dialogue.state import Frame

SPEEDS = (0.65, 0.8, 1.0, 1.2)
GAINS_DB = (-6.0, 0.0, 6.0, 12.0)
DURING = (
    *("repeat", *TUNING, "wait", "calm", "language"),
    *("human", "goodbye", "never_mind", "dont_know"),
)
"""Actions that are taken at once while a question is open."""
GIVES_WAY = ("wait", "calm", "goodbye", "never_mind", "dont_know")
"""Those of them that an answer in the same words goes before: "hold on, it's 12345"."""
_LEAVES = re.compile(
    r"\b(?:good ?bye|bye|see you|hang(?:ing)? up|have a (?:nice|good|great)|(?:got|have|need) to (?:go|run)|"
    r"take care|ciao|cheerio)\b",
    re.I,
)
_AMID_LETTERS = re.compile(r"\b[A-Za-z]\W+(?:[Gg]ood ?)?[Bb]ye\W+(?:[A-Z]|[b-hj-z])\b(?!')")
"""A letter of a spelled name that was heard as a goodbye."""

_NUMBER = re.compile(
    r"^\W*(?:no|nope|nah)\W*$|\d|\b(?:not (?:that|this|at that)|that's (?:not|wrong)|isn't|wrong|other|"
    r"another|different|number|phone|line|cell|mobile|use|instead|my|zero|one|two|three|four|five|six|seven|"
    r"eight|nine)\b",
    re.I,
)
"""A no to the number that was put forward, not to the call."""
_NO_CALL = re.compile(
    r"\b(?:don't|do not|no|not)\b.*\bcall(?:ed)?(?: me)?[ -]?backs?\b|\bcall ?back\b.*\bnot\b", re.I
)
"""A no to being called back."""
_OF_ONESELF = re.compile(
    r"\b(?:stupid|dumb|silly|ridiculous) (?:question|of me|me)\b|\bi(?:'m| am| feel) (?:so |such |a |an )*"
    r"(?:being )?(?:stupid|dumb|idiot|moron|ridiculous)\b",
    re.I,
)
"""Words of anger about oneself, which nobody has to be sorry for."""


class Manners:
    """The built-in actions of one business. Shared by calls: state stands in the draft."""

    def __init__(self, business: Business, frames: Frames) -> None:
        self._business = business
        self._frames = frames
        intents = business.intents
        self._swears = {name: listener(one) for name, one in intents.items() if one.action == "calm"}
        self._leaves = [listener(one) for one in intents.values() if one.action == "goodbye"]

    async def act(self, draft: Draft, name: str, frame: Frame | None, text: str) -> None:
        """Does the action of intent `name`; `frame` is the wish whose question is open."""
        action = str(self._business.intents[name].action)
        draft.intent = name
        if frame is not None:
            draft.slots = frame.told
        if action == "repeat":
            draft.again = True
        elif action in TUNING:
            self._tune(draft, action)
        elif action == "wait":
            self.wait(draft)
        elif action == "calm":
            await self._calm(draft, frame)
        elif action == "language":
            await self.language(draft, frame, language_named(text) or language_spoken(text))
        elif action == "human":
            await self.human(draft, frame, text)
        elif action == "goodbye":
            await self._goodbye(draft, frame, text)
        elif action == "never_mind":
            await self.leave(draft, frame)
        elif action == "hours":
            tell_hours(self._business.profile, draft, text)
        elif action == "dont_know" and frame is not None:
            await self._unsure(draft, frame)
        if draft.intent is None or action in ("calm", "language"):
            draft.intent = name
        if action in ("human", "hours") and frame is None:
            draft.state = replace(draft.state, offered=False)

    def another_day(self, draft: Draft, text: str) -> str | None:
        """The wish for opening hours, where they were told and `text` only names another day."""
        if not goes_on(self._business.profile, draft, text):
            return None
        return next((n for n, intent in self._business.intents.items() if intent.action == "hours"), None)

    async def answers(self, draft: Draft, frame: Frame, text: str, action: str) -> bool:
        """Whether `text` holds an answer to the open question that goes before `action`."""
        if action not in GIVES_WAY:
            return False
        if frame.writing:
            agreed = self._frames.agrees(draft, text)
            return agreed is not None if action == "wait" else agreed is False and action == "dont_know"
        if frame.confirming is not None:
            return action == "wait" and readers.yes_no(text) is not None
        if frame.asking is None:
            return False
        if action == "dont_know" and self._frames.names_proof(draft, frame, text):
            return True
        if action == "goodbye" and _AMID_LETTERS.search(text):
            return True
        if self._frames.slot(frame.asking).type in ("name", "text", "yes_no"):
            return False
        if frame.options and choose(text, frame.options, asked=True) is not None:
            return True
        found = await self._frames.read(draft, frame.asking, text, asked=False, confident=True)
        if found is not None and action == "goodbye" and self._frames.slot(frame.asking).type == "choice":
            return all(word in text.lower() for word in found.value.lower().split())
        return found is not None

    # ------------------------------------------------------------ the voice, and time
    def _tune(self, draft: Draft, action: str) -> None:
        """Another speed or loudness from here on, and the last reply in it."""
        voice = draft.state.voice
        if action in ("slower", "faster"):
            speed = _step(SPEEDS, voice.speed, 1 if action == "faster" else -1)
            changed = Voice(speed, voice.gain_db)
        else:
            gain_db = _step(GAINS_DB, voice.gain_db, 1 if action == "louder" else -1)
            changed = Voice(voice.speed, gain_db)
        draft.state = replace(draft.state, voice=changed)
        _ = draft.say([f"{action}_ok" if changed != voice else f"{action}_no"]) or draft.say(["all_right"])
        draft.again = True

    def wait(self, draft: Draft) -> None:
        """Gives the caller time; what was asked stays open."""
        _ = draft.say(["take_your_time"]) or draft.say(["all_right"])
        draft.beside = draft.patient = True
        draft.state = replace(draft.state, waiting=True)

    # ------------------------------------------------------------ feelings and languages
    async def _calm(self, draft: Draft, frame: Frame | None) -> None:
        """Acknowledges anger, never twice in a row; then the matter goes on, or a person is named."""
        again = draft.before.calmed
        if not again:
            draft.say(["calm"])
        draft.state = replace(draft.state, calmed=True)
        if frame is None and again:
            await self.human(draft, None)
            return
        if frame is None or again:
            draft.say(["human_phone"])
        if frame is not None:
            await self.asked_again(draft, frame)

    def anger(self, text: str, matches: Sequence[Match]) -> tuple[Sequence[Match], bool]:
        """The wishes in `text` without its anger, where there's one beside it, and whether it's angry.

        Words of anger end no call unless a goodbye is said ("thanks for nothing").
        """
        calmer = [match for match in matches if not self._acts(match, "calm")]
        of_others = not _OF_ONESELF.search(text)
        sworn = [name for name, heard in self._swears.items() if of_others and heard(text)]
        angry = len(calmer) < len(matches) or bool(sworn)
        ends = all(self._acts(match, "goodbye") for match in calmer)
        if sworn and ends and not any(heard(text) for heard in self._leaves):
            return (Match(sworn[0], 1.0, True),), True
        return calmer or matches, angry

    def _acts(self, match: Match, action: str) -> bool:
        return match.name is not None and self._business.intents[match.name].action == action

    def regret(self, draft: Draft) -> None:
        """One sentence on the caller's anger before the matter is taken up, never twice in a row and never
        before an emergency."""
        first = draft.intent is not None and self._business.intents[draft.intent].first
        if first or draft.state.calmed:
            return
        draft.state = replace(draft.state, calmed=True)
        if not draft.before.calmed:
            lines, draft.lines = draft.lines, []
            draft.say(["calm"])
            draft.lines += lines

    async def language(self, draft: Draft, frame: Frame | None, code: str | None) -> None:
        """Says that English alone is spoken, in that language too where the business has the words."""
        own = [f"english_only_{code}"] if f"english_only_{code}" in draft.phrases else []
        _ = draft.say([*own, "english_only"]) or draft.say(["none_of_these"])
        draft.say(["human_phone"])
        if frame is not None:
            await self.asked_again(draft, frame)

    async def asked_again(self, draft: Draft, frame: Frame) -> None:
        """The open question once more, whichever it is."""
        if frame.writing:
            await self._frames.advance(draft, replace(frame, writing=False))
        elif frame.asking is not None:
            self._frames.ask_again(draft, frame)
        else:
            draft.say(["how_can_i_help"])

    # ------------------------------------------------------------ people
    def no_time(self, draft: Draft, text: str) -> None:
        """Says that a call back has no time, where the caller named one."""
        day, hour = readers.date(text, draft.now.date()), readers.time_of_day(text)
        if "callback_no_time" in draft.phrases and (day is not None or hour is not None):
            draft.say(["callback_no_time"])

    async def human(self, draft: Draft, frame: Frame | None, text: str = "") -> None:
        """Hands over, or tells the number and offers to be called back."""
        human = self._business.profile.human
        if human.transfer_to is not None and draft.say(["human_transfer"]):
            draft.transfer = True
            return
        back = human.callback
        if back is None:
            draft.say(("human_phone", "human_hours"))
            return
        draft.say(["human_phone"])
        self.no_time(draft, text)
        if frame is not None and frame.intent == back:
            await self.asked_again(draft, frame)
            return
        about = frame.intent if frame is not None else next((done.intent for done in draft.state.done), "")
        if frame is not None:
            draft.put_aside(frame)
        intent, slots = draft.intent, dict(draft.slots)
        if not self.known(draft.caller):
            draft.say(["callback_offer"])
        await self._frames.begin(draft, back, "", confident=True)
        if draft.state.frame is not None and draft.state.frame.intent == back:
            draft.state = replace(draft.state, frame=replace(draft.state.frame, about=about))
        draft.intent, draft.slots = intent, slots

    async def offered(self, draft: Draft, frame: Frame, text: str) -> bool:
        """Takes a yes or no to the offer of being called back, before the change is asked about."""
        if frame.intent != self._business.profile.human.callback:
            return False
        agreed = readers.yes_no(text)
        if frame.writing and agreed is False and not _NUMBER.search(text):  # no call back at all
            return await self._frames.answer(draft, frame, "no", confident=True)
        if frame.writing:
            return await self._other_number(draft, frame, text)
        write = self._business.tools[frame.tool].write
        if frame.confirming is not None or agreed is None or write is None:
            return False
        if agreed and len(text.split()) <= 3:
            self._frames.ask_again(draft, frame)
            return True
        if agreed or not (nothing_beside(text) or _NO_CALL.search(text)):
            return False
        draft.intent = frame.intent
        draft.say(write.declined)
        draft.offer = True
        draft.state = replace(draft.state, frame=None)
        return True

    async def _other_number(self, draft: Draft, frame: Frame, text: str) -> bool:
        """A no to being called back at the number one calls from: takes another, or asks for it."""
        name = next(iter(frame.slots))
        if frame.slots[name] != draft.caller or readers.yes_no(text) is not False:
            return False
        kept = {n: v for n, v in frame.slots.items() if n != name}
        asking = replace(frame, slots=kept, asking=name, writing=False, unheard=False)
        filled = await self._frames.read(draft, name, text, asked=False, confident=True)
        if filled is not None and not filled.incomplete:
            await self._frames.take(draft, asking, name, filled)
            return True
        self._frames.ask_again(draft, asking)
        return True

    def called_back(self, draft: Draft) -> bool:
        """Whether this turn has stored a wish to be called back."""
        done = draft.state.done[:1]
        back = self._business.profile.human.callback
        return done != draft.before.done[:1] and any(one.intent == back and one.made for one in done)

    def known(self, number: str) -> dict[str, str]:
        """What is known of a caller from the number called from: where to call back."""
        back = self._business.profile.human.callback
        tool = self._business.intents[back].tool if back is not None else None
        slots = self._business.tools[tool].slots if tool is not None else []
        return {slots[0]: number} if number and slots else {}

    # ------------------------------------------------------------ leaving
    async def leave(self, draft: Draft, frame: Frame | None) -> None:
        """Drops the open wish; nothing was changed, and the caller hears so."""
        if frame is None:
            draft.say(("all_right", "anything_else"))
            draft.state = replace(draft.state, offered=True)
        elif frame.writing:
            await self._frames.answer(draft, frame, "no", confident=True)
        else:
            draft.say(["all_right"])
            draft.offer = True
            draft.state = replace(draft.state, frame=None)

    async def _goodbye(self, draft: Draft, frame: Frame | None, text: str) -> None:
        """Ends the call; while a wish is open "that's all" ends that wish alone, and "bye" both."""
        if frame is not None:
            if not _LEAVES.search(text):
                await self.leave(draft, frame)
                return
            if frame.writing:
                await self._frames.answer(draft, frame, "no", confident=True)
        self.close(draft)

    def close(self, draft: Draft) -> None:
        draft.offer = False
        draft.say(["closing"])
        draft.ends_call = True

    async def _unsure(self, draft: Draft, frame: Frame) -> None:
        """The caller doesn't know: another way, or help; a change that is doubted twice isn't made."""
        if frame.writing and frame.failures:
            await self._frames.answer(draft, frame, "no", confident=True)
        elif frame.writing:
            again = replace(frame, writing=False, failures=frame.failures + 1)
            await self._frames.advance(draft, again)
        elif not await self._frames.another_way(draft, frame):
            self._help(draft, frame)

    def _help(self, draft: Draft, frame: Frame) -> None:
        """The caller doesn't know what is asked for: where it stands, then a person."""
        slot = self._frames.slot(str(frame.asking))
        if frame.failures >= 1 or slot.help is None:
            draft.say(("human_phone", "human_hours"))
            draft.offer = True
            draft.state = replace(draft.state, frame=None)
            return
        draft.say([slot.help])
        self._frames.ask_again(draft, replace(frame, failures=1))


def caller_number(said: str) -> str:
    """A telephone number as the line gives it ("+15550100"); empty where it hides it or gives none."""
    digits = "".join(sign for sign in said if sign.isdigit())
    plain = re.fullmatch(r"\+?[\d\s().-]+", said.strip()) is not None
    return f"{'+' if said.strip().startswith('+') else ''}{digits}" if plain and len(digits) >= 7 else ""


def _step(steps: tuple[float, ...], value: float, by: int) -> float:
    """The next of `steps` above or below `value`; the last one at the end."""
    place = min(range(len(steps)), key=lambda n: abs(steps[n] - value))
    return steps[min(max(place + by, 0), len(steps) - 1)]
