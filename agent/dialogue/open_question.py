"""Whether words that hold another wish answer the open question too."""

import re

from agent.dialogue import slots as readers
from agent.dialogue.business import Business
from agent.dialogue.frames_said import is_whole
from agent.dialogue.intents import ASKS, parts_of
from agent.dialogue.questions import NUMBERS, Questions
from agent.dialogue.slot_filling import expected
from agent.dialogue.state import Frame

_YES = frozenset("yes yeah yep yup please".split())
"""What agrees where another wish follows: "okay, and what does it cost" agrees to nothing yet."""

_YES = frozenset("yes yeah yep yup please".split())
"""What agrees where another wish follows: "okay, and what does it cost" agrees to nothing yet."""


def asks_about_a_choice(questions: Questions, frame: Frame, text: str) -> bool:
    """Whether `text` is a question, where the name of one of several things was asked for."""
    asking = frame.asking is not None and questions.slot(frame.asking).type == "choice"
    return asking and ASKS.match(text) is not None


def takes_number(business: Business, questions: Questions, intent: str, frame: Frame) -> bool:
    """Whether another wish has a number of its own that could be the one in the same words: "is there an
    outage in 19932?" while a meter's reading is asked for."""
    tool = business.intents[intent].tool
    asked = questions.slot(frame.asking) if frame.asking is not None else None
    if tool is None or asked is None or asked.type not in NUMBERS:
        return False
    own = set(business.tools[tool].slots) - set(questions.wanted(frame))
    country = business.profile.country
    return expected(asked, country) in {expected(questions.slot(name), country) for name in own}


def answer_before(questions: Questions, frame: Frame, text: str) -> str | None:
    """The part of `text` that answers the open question before another wish: "yes, and when ...", or
    all of it where it holds the whole number that was asked for."""
    head, *rest = parts_of(text)
    if frame.writing:
        agreed = readers.consent(head)
        limited = text[len(head) :].lstrip(" ,.").lower().startswith("but")
        plain = agreed is False or (agreed is True and set(head.lower().split()) & _YES)
        return head if rest and plain and not limited and len(head.split()) <= 3 else None
    if frame.confirming is not None:
        agreed = readers.yes_no(head) if rest and len(head.split()) <= 3 else None
        unsure = agreed and frame.writing and not set(re.findall(r"[a-z]+", head.lower())) <= _YES
        return None if agreed is None or unsure else head
    slot = questions.slot(str(frame.asking))
    whole = slot.type == "digits" and slot.length is not None and is_whole(text, slot.length)
    return text if whole else None
