"""Decides what a turn is about: an answer to the open question, a new wish, or neither."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from agent.dialogue import slots as readers
from agent.dialogue.business import Business, Intent
from agent.dialogue.draft import Draft
from agent.dialogue.frames import Frames
from agent.dialogue.frames_said import denies
from agent.dialogue.intents import Match
from agent.dialogue.keys import Keys
from agent.dialogue.knowledge_answers import KnowledgeAnswers
from agent.dialogue.languages import language_spoken
from agent.dialogue.last_answer import LastAnswer
from agent.dialogue.lists import Lists
from agent.dialogue.manners import DURING, Manners
from agent.dialogue.open_question import (
    answer_before,
    asks_about_a_choice,
    begins_wish,
    beside_answer,
    only_answers,
    replaces_yes,
    takes_it,
    takes_number,
)
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
LONGEST_WISHES = 4
"""Wishes of one breath that are kept."""
WORDS = ("name", "text", "email", "choice")
"""Types of slots whose answer may look like another language."""


class Policy:
    """What to do with a turn, for one business. Shared by calls: state stands in the draft."""

    def __init__(self, business: Business, toolbox: Toolbox, documents: KnowledgeAnswers) -> None:
        self._business = business
        self.frames = Frames(business, toolbox, documents.mentions)
        self.manners = Manners(business, self.frames)
        self._lists = Lists(business, self.frames)
        self._documents = documents
        self._keys = Keys(business, self.frames, self.manners)
        self._last = LastAnswer(business, self.frames, self.manners)

    def intent(self, name: str) -> Intent:
        return self._business.intents[name]

    async def turn(self, draft: Draft, text: str, confidence: float, matches: Sequence[Match]) -> None:
        """Decides the reply to `text`, whose wishes are `matches`. Anger beside them gets a word first."""
        matches, angry = self.manners.anger(text, matches)
        await self._decide(draft, text, confidence, matches)
        if angry:
            self.manners.regret(draft)

    async def _decide(self, draft: Draft, text: str, confidence: float, matches: Sequence[Match]) -> None:
        confident = confidence >= UNSURE_BELOW
        draft.state = replace(draft.state, calmed=False, waiting=False, hours=False)
        frame = draft.state.frame
        if (frame is None or not frame.waits) and (hours := self.manners.another_day(draft, text)):
            matches = (Match(hours, 1.0, True),)
        if not self._lists.refers(draft, text) and not await self.frames.refers(draft, text):
            draft.passage = await self._documents.find(draft, text, matches)
        passage = draft.passage
        if passage is not None:
            matches = (Match(None, 0.0, False),)
        if self._is_first(matches[0]):
            draft.state = replace(draft.state, frame=None)
        elif passage is not None and (frame is None or not frame.waits):
            self._documents.tell(draft, passage)
            draft.state = replace(draft.state, misses=0, offered=False)
            await self._go_on(draft, text)
            return
        elif self._is_foreign(frame, text, matches[0]):
            await self.manners.language(draft, frame, language_spoken(text))
            return
        elif await self._lists.turn(draft, text, matches[0], clear=self._is_clear(matches[0], text)):
            await self._go_on(draft, text)
            return
        elif frame is not None and frame.waits:
            if await self._during(draft, frame, text, confident, matches):
                await self._go_on(draft, text)
                return
            if draft.lines or draft.again:
                if draft.state.frame is None:  # it was left
                    await self._go_on(draft, text)
                return
        elif await self._last.turn(
            draft, text, matches[0], clear=self._is_clear(matches[0], text), several=len(matches) > 1
        ):
            await self._go_on(draft, text)
            return
        wishes = [(match.name, match.text or text) for match in matches if match.name is not None]
        if not wishes:
            self._missed(draft, confidence)
            return
        if self.intent(wishes[0][0]).action == "human":  # a person is named at once, and offered last
            if len(wishes) > 1:
                draft.say(["human_phone"])
            wishes = [*wishes[1:], wishes[0]]
        first, said = wishes[0]
        await self._wish(draft, first, await self._words(first, said, text, draft), confident)
        self._keep(draft, wishes[1:], first)
        draft.state = replace(draft.state, misses=0)
        await self._go_on(draft, text)

    def _keep(self, draft: Draft, wishes: Sequence[tuple[str, str]], first: str) -> None:
        """Keeps wishes for later, the newest first, beside the one that is being answered."""
        later = {name: said for name, said in reversed((*wishes, *draft.state.wishes)) if name != first}
        kept = tuple(reversed(later.items()))[:LONGEST_WISHES]
        draft.state = replace(draft.state, wishes=kept)

    async def _words(self, name: str, said: str, text: str, draft: Draft) -> str:
        """The words of a wish among others: its part, or all where its slots stand elsewhere."""
        tool = self.intent(name).tool
        if said == text or tool is None:
            return said
        for slot in self._business.tools[tool].slots:
            if await self.frames.read(draft, slot, said, asked=False, confident=True) is not None:
                return said
        return text

    def _is_clear(self, match: Match, text: str) -> bool:
        """Whether a wish is plain enough to go before a word on what was said last."""
        return match.score >= CHANGES_SUBJECT and (match.sure or not denies(text))

    def _is_first(self, match: Match) -> bool:
        """Whether it's an emergency: before all else, whatever is open."""
        return match.name is not None and self.intent(match.name).first

    def _is_foreign(self, frame: Frame | None, text: str, match: Match) -> bool:
        """Whether the caller spoke another language, where no wish or name was understood."""
        if frame is not None and frame.asking is not None and self.frames.slot(frame.asking).type in WORDS:
            return False
        understood = match.name is not None and match.score >= CHANGES_SUBJECT
        return not understood and language_spoken(text) is not None

    async def _during(
        self, draft: Draft, frame: Frame, text: str, confident: bool, matches: Sequence[Match]
    ) -> bool:
        """Takes `text` as the answer to the open question. False: another wish, or none."""
        match = matches[0]
        action = self.intent(match.name).action if match.name is not None else None
        clear = match.score >= CHANGES_SUBJECT and match.sure
        if action in DURING and clear and match.name is not None:
            if not await self.manners.answers(draft, frame, text, str(action)):
                await self.manners.act(draft, match.name, frame, text)
                return False
        if await self.manners.offered(draft, frame, text):
            return True
        other = match.name is not None and match.name != frame.intent and not self.intent(match.name).weak
        other = other and not only_answers(frame, text)
        tells = other and action is None
        tells_surely = tells or (other and action == "hours")
        own = tells_surely and takes_number(self._business, self.frames, str(match.name), frame)
        plain = tells_surely and (
            clear or (match.score >= CHANGES_SUBJECT and begins_wish(beside_answer(text)))
        )
        if plain and not own and (head := answer_before(self.frames, frame, text)) is not None:
            self._keep(draft, [(str(match.name), match.text or text[len(head) :] or text)], frame.intent)
            return await self.frames.answer(draft, frame, head, confident=confident)
        if plain and not own and replaces_yes(self.frames, frame, text):
            if not takes_it(self._business, frame, str(match.name), text):
                draft.put_aside(frame)
                return False
            self._keep(draft, [(str(match.name), text)], frame.intent)
            return await self.frames.answer(draft, frame, "yes", confident=confident)
        if (own and clear) or (tells_surely and len(matches) > 1):
            draft.put_aside(frame)
            return False
        if frame.writing and self._hedges(draft, text) and not (tells_surely and clear):
            if not await self.frames.answer(draft, frame, text, confident=confident):
                await self._ask_to_agree(draft, frame)
                return False
            return True
        enough = CHANGES_SUBJECT if asks_about_a_choice(self.frames, frame, text) else CHANGES_SUBJECT_SURELY
        if not (tells_surely and match.score >= enough and match.sure and len(text.split()) > 3):
            if await self.frames.answer(draft, frame, text, confident=confident):
                return True
        if (tells and clear) or (other and action == "hours" and clear):
            draft.put_aside(frame)
            return False
        if await self.frames.volunteered(draft, frame, text, confident=confident):
            return True
        if match.name is not None and self.intent(match.name).weak and match.score >= CHANGES_SUBJECT:
            await self._beside(draft, match.name, frame)
            return False
        if match.name == frame.intent and frame.failures == 0 and not frame.writing:
            self.frames.ask_again(draft, frame)
            draft.state = replace(draft.state, frame=replace(frame, failures=1))
            return False
        if action in DURING and match.name is not None and match.sure and readers.yes_no(text) is None:
            await self.manners.act(draft, match.name, frame, text)
            return False
        if draft.passage is not None:
            self._documents.tell(draft, draft.passage)
            await self.manners.asked_again(draft, frame)
            return False
        if draft.before.waiting:  # words to oneself while looking for it
            self._mutters(draft)
            return False
        if frame.writing:
            await self._ask_to_agree(draft, frame)
            return False
        self.frames.failed(draft, frame)
        return False

    def _hedges(self, draft: Draft, text: str) -> bool:
        """Whether `text` says yes with a condition, in part, or in doubt: no yes to a change."""
        return readers.yes_no(text) is True and self.frames.agrees(draft, text) is None

    def _mutters(self, draft: Draft) -> None:
        """Gives time once more; what isn't understood after that is asked about."""
        self.manners.wait(draft)
        draft.state = replace(draft.state, waiting=False)

    async def _beside(self, draft: Draft, name: str, frame: Frame) -> None:
        """A small wish beside the open question: its answer, if it has one, then the question again."""
        draft.say(phrase for phrase in self.intent(name).say if draft.phrases.kind(phrase) == "answer")
        if frame.writing:
            await self.frames.advance(draft, replace(frame, writing=False))
        else:
            self.frames.ask_again(draft, frame)

    async def _ask_to_agree(self, draft: Draft, frame: Frame) -> None:
        """Yes or no wasn't heard: asks once more, then leaves things as they are."""
        if frame.failures >= 1:
            draft.intent = frame.intent
            draft.say(("set_aside", "human_phone"))
            draft.state = replace(draft.state, frame=None)
            return
        await self.frames.advance(draft, replace(frame, writing=False, failures=frame.failures + 1))

    async def _wish(self, draft: Draft, name: str, text: str, confident: bool) -> None:
        intent = self.intent(name)
        draft.intent = name
        if intent.action is not None:
            await self.manners.act(draft, name, None, text)
        elif intent.tool is not None:
            if name == self._business.profile.human.callback:
                self.manners.no_time(draft, text)
            await self.frames.begin(draft, name, text, confident=confident)
        else:
            draft.say(intent.say)
            offers = "anything_else" in intent.say
            draft.state = replace(draft.state, offered=offers)

    def _missed(self, draft: Draft, confidence: float) -> None:
        """None of the intents: says so, and what the agent can do."""
        if draft.before.waiting:
            self._mutters(draft)
            return
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
        if draft.state.listing is not None and draft.state.listing.asks:
            return
        if self.manners.called_back(draft):  # a person takes the matter up
            draft.state = replace(draft.state, aside=())
        while draft.state.frame is None and not draft.ends_call:
            if not await self.frames.next_of_breath(draft):
                break
        while draft.state.frame is None and draft.state.wishes and not draft.ends_call:
            (name, said), *rest = draft.state.wishes
            first = draft.intent
            slots = dict(draft.slots)
            draft.state = replace(draft.state, wishes=tuple(rest))
            await self._wish(draft, name, said, True)
            draft.intent = first
            draft.slots = {**draft.slots, **slots}
        if draft.state.frame is None and draft.state.aside and not draft.ends_call and not draft.transfer:
            *rest_aside, frame = draft.state.aside
            draft.state = replace(draft.state, aside=tuple(rest_aside))
            intent, slots = draft.intent, dict(draft.slots)
            draft.say(["take_up_again"])
            await self.frames.take_up(draft, frame)
            draft.intent, draft.slots = intent, slots
        if draft.offer and draft.state.frame is None and not draft.ends_call:
            draft.say(["anything_else"])
            draft.state = replace(draft.state, offered=True)

    async def keys(self, draft: Draft, pressed: str, said: str = "", matches: Sequence[Match] = ()) -> None:
        """Decides the reply to keys; of what was `said` over them only a call for help counts."""
        draft.state = replace(draft.state, calmed=False, waiting=False)
        if matches and self._calls_for_help(matches[0]):
            await self.turn(draft, said, 1.0, matches)
            return
        listed = pressed in ("1", "2") and self._lists.agreed(draft, yes=pressed == "1")
        if listed or await self._keys.take(draft, pressed):
            await self._go_on(draft, "")

    def _calls_for_help(self, match: Match) -> bool:
        human = match.name is not None and self.intent(match.name).action == "human"
        return self._is_first(match) or (human and match.score >= CHANGES_SUBJECT)
