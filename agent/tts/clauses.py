"""Cuts a sentence into clauses, so that its first words sound while the rest is made. Pure.

A clause keeps its comma: without it Piper speaks as if the sentence were over. Numbers, dates, amounts and
spelled letters stay whole. English spoken form: no digits.
"""

import re

FIRST_WORDS = 3
"""A clause has at least so many words: shorter ones sound chopped."""
WORDS = 4
"""Of each clause after the first."""
LONG_WORDS = 8
"""A first clause longer than this may be cut before a conjunction without a comma."""

_WORD = re.compile(r"\S+\s*")
_ONES = "zero oh one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
_TEENS = "sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety"
_LARGE = "hundred thousand million billion double triple half quarter point"
_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth thirtieth"
)
_UNITS = (
    "dollar dollars cent cents pound pounds pence euro euros percent o'clock am pm a.m p.m hour hours minute "
    "minutes day days week weeks month months year years"
)
_MONTHS = (
    "january february march april may june july august september october november december "
    "monday tuesday wednesday thursday friday saturday sunday"
)
_DAYS = frozenset(_MONTHS.split())
_NUMBERS = frozenset(f"{_ONES} {_TEENS} {_LARGE} {_ORDINALS}".split())
_AROUND_NUMBERS = _NUMBERS | frozenset(f"{_UNITS} {_MONTHS} and".split())
_CONJUNCTIONS = frozenset(
    "but because so although though while unless until if when where which who whereas since".split()
)
_JOINS = frozenset("and or then".split())
"""They join nouns too: a cut only where a clause of its own follows."""
_OPENS_PHRASE = frozenset(
    "was were is are has have had will would can could with on in at to for from by until that of".split()
)
"""Where a long first clause may be cut early: before a verb or a preposition."""
_OPENS_CLAUSE = frozenset(
    "i i'm i'll i've we we're we'll we've you you're you'll you've it it's it'll they they're they'll he she "
    "there there's that's this the your our can could will would please do".split()
)


def clauses(text: str, *, early: bool = False) -> list[str]:
    """The clauses of `text`, which joined are `text` again. At least one, unless `text` is empty.

    `early` cuts a long first clause before a verb or a preposition too: someone waits for its sound.
    """
    words = _WORD.findall(text)
    if not words:
        return [text] if text else []
    lead = text[: len(text) - sum(map(len, words))]
    cut: list[str] = []
    start = 0
    for at in range(1, len(words)):
        least = WORDS if cut else FIRST_WORDS
        may = _may_cut(words, start, at) or (early and not cut and _may_cut_early(words, at))
        if at - start >= least and len(words) - at >= FIRST_WORDS and may:
            cut.append("".join(words[start:at]))
            start = at
    cut.append("".join(words[start:]))
    cut[0] = lead + cut[0]
    return cut


def _may_cut(words: list[str], start: int, at: int) -> bool:
    """Whether a clause may end before `words[at]`."""
    before, after = words[at - 1].rstrip(), _bare(words[at])
    if _inside_number(words, at) or _inside_spelling(words, at):
        return False
    if before[-1] in ".!?" and not _abbreviation(before):
        return True
    if before[-1] in ",;:—–":
        return True
    if len(words) - start <= LONG_WORDS or at - start < WORDS or len(words) - at < WORDS:
        return False
    if after in _CONJUNCTIONS:
        return True
    return after in _JOINS and _bare(words[at + 1]) in _OPENS_CLAUSE


def _may_cut_early(words: list[str], at: int) -> bool:
    """Whether a sentence that is long may be cut before `words[at]` for its first sound's sake."""
    if len(words) <= LONG_WORDS or _inside_number(words, at) or _inside_spelling(words, at):
        return False
    return _bare(words[at]) in _OPENS_PHRASE and _bare(words[at - 1]) not in _OPENS_PHRASE


def _inside_number(words: list[str], at: int) -> bool:
    """Whether a number, amount, date or time stands on both sides: "forty dollars | and six cents"."""
    left, right = _bare(words[at - 1]), _bare(words[at])
    if right == "and" and at + 1 < len(words):
        right = _bare(words[at + 1])
    if left == "and" and at > 1:
        left = _bare(words[at - 2])
    both = _parts(left) | _parts(right)
    return both <= _AROUND_NUMBERS and (bool(both & _NUMBERS) or both <= _DAYS)


def _inside_spelling(words: list[str], at: int) -> bool:
    """Whether letters are spelled on both sides: "A, B" or "A as in alpha, B as in bravo"."""
    right = _bare(words[at])
    if len(right) != 1 or right in "ai":
        return len(_bare(words[at - 1])) == 1 and len(right) == 1
    return len(_bare(words[at - 1])) == 1 or (at >= 3 and _bare(words[at - 2]) == "in")


def _abbreviation(word: str) -> bool:
    return word.lower() in {"mr.", "mrs.", "ms.", "dr.", "st.", "a.m.", "p.m.", "no.", "e.g.", "i.e."}


def _bare(word: str) -> str:
    return word.strip().strip(".,;:!?—–\"'()").lower()


def _parts(word: str) -> set[str]:
    """ "sixty-six" is two words of a number."""
    return set(word.split("-")) if word else {""}
