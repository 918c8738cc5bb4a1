"""Whether words that hold another wish answer the open question too."""

import re

from agent.dialogue import slots as readers
from agent.dialogue.business import Business
from agent.dialogue.frames_said import is_whole
from agent.dialogue.intents import ASKS, BEGINS, PRONOUN, parts_of
from agent.dialogue.questions import NUMBERS, Questions
from agent.dialogue.slot_filling import expected
from agent.dialogue.state import Frame

_YES = frozenset("yes yeah yep yup please".split())
"""What agrees where another wish follows: "okay, and what does it cost" agrees to nothing yet."""

_ANSWERS = re.compile(
    r"\W*(?:(?:um|uh|er|oh|well|hm+|so)\W+)*(?:(?:yes|yeah|yep|yup|no|nope|nah|sure|correct|right|okay|ok|"
    r"exactly|(?:that's|that is|it's|it is) (?:right|correct|it|wrong|the one)|it is|it isn't)\b[\s,.;!]*"
    r"(?:and |but )?)+",
    re.I,
)
"""A yes or no at the head of a sentence."""


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
    slot = questions.slot(str(frame.asking))
    if slot.type == "digits" and slot.length is not None and is_whole(text, slot.length):
        return text
    if frame.confirming is None:
        return None
    if (rest_of := beside_answer(text)) != text:
        return text[: -len(rest_of)]
    agreed = readers.yes_no(head) if rest and len(head.split()) <= 3 else None
    return None if agreed is None else head


def begins_wish(text: str) -> bool:
    """Whether `text` begins like a wish or a question: "I'd like ...", "where ..."."""
    return BEGINS.match(text) is not None


def beside_answer(text: str) -> str:
    """`text` without a yes or no at its head, where a wish follows."""
    answer = _ANSWERS.match(text)
    return text[answer.end() :] if answer is not None and begins_wish(text[answer.end() :]) else text


def only_answers(frame: Frame, text: str) -> bool:
    """Whether `text` says yes or no to a value read back, and no wish follows: "yes, that's the number
    on my bill"."""
    answer = _ANSWERS.match(text) if frame.confirming is not None else None
    return answer is not None and beside_answer(text) == text


def replaces_yes(questions: Questions, frame: Frame, text: str) -> bool:
    """Whether another wish stands where a yes or no to a value read back was asked for: "I'd like to return
    one", after "is your order number 70012?"; the value stays as doubtful as it was."""
    if frame.confirming is None or _ANSWERS.match(text) is not None:
        return False
    slot = questions.slot(str(frame.asking))
    if slot.type in NUMBERS and readers.digits(text) is not None:
        return False
    return readers.yes_no(text) is None or begins_wish(text)


def takes_it(business: Business, frame: Frame, intent: str, text: str) -> bool:
    """Whether a wish in the place of a yes speaks of the value read back as "it", which agrees to it."""
    tool = business.intents[intent].tool
    return tool is not None and frame.asking in business.tools[tool].slots and bool(PRONOUN.search(text))
