"""Whether a caller agrees to a change: a plain yes counts, a hedged or limited one never does."""

import re
from collections.abc import Collection

from agent.dialogue.slots_answers import yes_no
from agent.dialogue.slots_numbers import DIGITS, ORDINALS, TEENS, TENS

_HEDGES = frozenset(
    "but if only unless first before until till when once after later maybe perhaps probably possibly think "
    "guess suppose not no don't doesn't won't can't didn't never without except just almost half part both "
    "either wait hold tomorrow instead rather although though still depends let lemme why what how which "
    "who where other another else".split()
)
"""Words that limit a yes or put it off, whatever else stands beside it."""
_PLAIN = frozenset(
    "yes yeah yep yup ya yah aye uh huh mm mhm hmm hm um er ah oh sure okay ok right correct exactly "
    "absolutely definitely certainly affirmative indeed true please kindly do does did done go "
    "ahead sounds sound good great fine perfect lovely wonderful excellent alright all super nice cool that "
    "that's that'd this is it it's its the one i i'm i'd am we we'd would will want wanted like to a an be "
    "me my for you your and so then now well very much thanks thank thx sir ma'am madam agree agreed confirm "
    "confirmed certain positive totally completely hundred percent told said already by means bet got works "
    "work proceed happy glad can could us have had let's yourself really in on at".split()
)
_NUMBERS = {**DIGITS, **TEENS, **TENS, **ORDINALS, "oh": 0}
_SPELLED = 3
"""Numbers side by side that are one read out digit by digit, and no count."""
_HALVES = {"pm": ("afternoon", "evening"), "am": ("morning",)}
_EMPTY = re.compile(
    r"\b(?:why not|no problem(?: at all)?|no worries|no doubt|no question|not a problem|of course|"
    r"(?:i )?(?:don't|wouldn't) mind|for now|right now|(?<=sure )(?:of|about) (?:that|it|this)|"
    r"just (?:do|go)|just (?=cancel|book|note))\b"
)
_SURE_NOT = re.compile(r"\b(?:for sure|i'm (?:very |quite |really )?sure|not kidding)\b")
_AGREES_ALONE = re.compile(r"why not|of course|for sure|i'm (?:\w+ )?sure|(?:i )?(?:don't|wouldn't) mind")
_QUESTION = re.compile(
    r"(?:(?:yes|yeah|okay|ok|so|well|and|sure|right)\s+)*(?:is|are|am|does|did|do (?:i|you|we)|will|would|"
    r"can i|could i|should|what|how|when|which|why(?! not))\b"
)
_LIKE = 4
"""Letters that two forms of a word share: "cancel" and "cancelled"."""


def consent(text: str, question: str = "") -> bool | None:
    """True for a yes to the change that `question` names and to nothing less, False for a no.

    None for everything else: a yes with a condition, a part, another time, a doubt, or words that neither
    agree nor stand in the question. Whoever hears None changes nothing and asks again.
    """
    agreed = yes_no(text)
    if not agreed:
        return agreed
    low = re.sub(r"[^\w'\- ]+", " ", text.lower().replace("’", "'")).replace("-", " ")
    low = re.sub(r"\s+", " ", low).strip()
    if _QUESTION.match(low):
        return None
    rest = re.sub(r"\s+", " ", _SURE_NOT.sub(" ", _EMPTY.sub(" ", low))).strip()
    if not rest and not _AGREES_ALONE.fullmatch(low):
        return None
    words = re.findall(r"[\w']+", rest)
    if set(words) & _HEDGES or (rest and yes_no(low) is not True):
        return None
    named = set(re.findall(r"[\w']+", question.lower().replace("’", "'")))
    named |= {part for half, parts in _HALVES.items() if half in named for part in parts}
    spelled = sum(word in _NUMBERS or word.isdecimal() for word in words) >= _SPELLED
    return True if all(_fits(word, named, spelled) for word in words) else None


def _fits(word: str, named: Collection[str], spelled: bool) -> bool:
    """Whether a word beside a yes agrees, or stands in the question in some form."""
    if word in _PLAIN or word in named:
        return True
    if word in _NUMBERS or word[0].isdigit():
        value = str(_NUMBERS.get(word, re.sub(r"(?:st|nd|rd|th)$", "", word)))
        return spelled or value in named
    return len(word) >= _LIKE and any(len(one) >= _LIKE and word[:_LIKE] == one[:_LIKE] for one in named)
