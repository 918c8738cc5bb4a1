"""What a call knows of a wish's slots: said before, said of another, or named and not fitting."""

from collections import Counter
from collections.abc import Callable, Mapping

from agent.dialogue.business import Business
from agent.dialogue.claims_words import stem
from agent.dialogue.draft import Draft
from agent.dialogue.frames_said import misfit, nouns, renames
from agent.dialogue.knowledge_words import words_of
from agent.dialogue.questions import Questions
from agent.dialogue.slot_filling import Filled
from agent.dialogue.state import Frame
from agent.dialogue.tools import Toolbox

COMMON = 3
"""Wishes in whose examples a word stands that could be about anything: "question", "order"."""


class Known(Questions):
    """Slots that need no question. Shared by calls: state stands in the draft."""

    def __init__(self, business: Business, toolbox: Toolbox, mentions: Callable[[str], bool]) -> None:
        """`mentions` tells whether the business's documents have a word."""
        super().__init__(business, toolbox)
        self._mentions = mentions
        said = Counter(
            word
            for intent in business.intents.values()
            if intent.action != "none"
            for word in _stems(" ".join(intent.examples))
        )
        self._common = {word for word, wishes in said.items() if wishes >= COMMON}

    def _misfit(self, frame: Frame, text: str) -> tuple[str, Filled] | None:
        """The slot that `text` gives a number of another length, and that number: none that is known
        stands in for it."""
        for name in self.wanted(frame):
            if name not in frame.slots and name not in frame.doubts:
                if (said := misfit(text, name, self.slot(name))) is not None:
                    return name, said
        return None

    def _said_before(self, draft: Draft) -> dict[str, str]:
        """What this call knows of slots: found true by a tool, or said for a wish that was put aside."""
        aside = {
            n: v for one in draft.state.aside for n, v in one.slots.items() if self.slot(n).type == "digits"
        }
        return {**draft.state.memory, **aside}

    def _doubted_before(self, draft: Draft, frame: Frame) -> dict[str, Filled]:
        """Values that were read back for a wish put aside, and neither agreed to nor denied."""
        wanted = self._toolbox[frame.tool].slots
        return {
            one.asking: Filled(one.confirming, True)
            for one in draft.state.aside
            if one.asking in wanted and one.confirming is not None and one.asking not in frame.slots
        }

    def _names_none(self, frame: Frame, text: str) -> str | None:
        """The slot of which `text` names something that is none of its options ("do you have umbrellas?"):
        by a noun of which no word is the intent's keyword or stands in wishes about anything, and of which no
        document speaks (what is sold as a spare part is no product)."""
        for name in self._toolbox[frame.tool].slots:
            slot = self.slot(name)
            if slot.unlisted is None or name in frame.slots or name in frame.doubts:
                continue
            keywords = " ".join(self._business.intents[frame.intent].keywords)
            own = self._common | _stems(keywords) | _stems(name.replace("_", " "))
            for noun in nouns(text):
                if not own & _stems(noun) and not self._mentions(noun.split()[-1]):
                    return name
        return None

    async def _known(self, memory: Mapping[str, str], frame: Frame, text: str) -> dict[str, str]:
        """What this call knows of the slots that `text` leaves open; of a choice, also what was chosen last
        for another slot with that option ("and how do I reset it?")."""
        wanted, known = self.wanted(frame), {}
        for name in wanted:
            if name in frame.slots or name in frame.doubts or renames(text, name, wanted):
                continue
            if name in self._toolbox[frame.tool].optional:
                continue  # it narrows the answer only where it's said
            options = await self._toolbox.options(name) if self.slot(name).type == "choice" else ()
            for other, value in reversed(list(memory.items())):
                if other == name or (value in options and self.slot(other).type == "choice"):
                    known[name] = value
                    break
        return known

    def _lasts(self, name: str) -> bool:
        """Whether a slot's value is remembered in the call."""
        slot = self.slot(name)
        return slot.type in ("digits", "choice") and not slot.once

    async def _chooses_another(self, draft: Draft, frame: Frame, text: str) -> bool:
        """Whether `text` names another choice than the frame's ("and the water meter: 01215")."""
        for name, held in frame.slots.items():
            if self.slot(name).type == "choice":
                filled = await self.read(draft, name, text, asked=False, confident=True)
                if filled is not None and not filled.options and filled.value != held:
                    return True
        return False


def _stems(text: str) -> set[str]:
    return {stem(word) for word in words_of(text)}
