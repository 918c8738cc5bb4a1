"""Whether the words of a clause, and its values together, stand in facts that belong together. Pure.

The world is closed: a word that says something (a noun, a verb that isn't empty, an adjective) and stands in
no fact, nor in another form or as one of the same meaning, is refused.
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from agent.dialogue.claims_atoms import Atom
from agent.dialogue.claims_meanings import MONEY, is_light, meanings, normal, related
from agent.dialogue.claims_units import Unit
from agent.dialogue.claims_words import stem

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_BREAK = re.compile(
    r"[.;!?:]+(?=\s|$)|,\s+(?:(?:and|but|so|or|which|because)\s+)?"
    r"|\s(?:and|but|so|because)\s(?=(?:i|we|you|it|they|he|she|there|that|this|the|your|our|is|are|was|has|"
    r"have|will|can|can't|cannot)\b)"
)
_FINITE = re.compile(
    r"\b(?:is|are|was|were|am|be|has|have|had|will|won't|can|can't|cannot|could|may|might|must|"
    r"should|do|does|"
    r"did|don't|doesn't|didn't|isn't|aren't|wasn't|weren't|hasn't|haven't|i|we|you|it|they|he|she|there|"
    r"that's|it's|i'm|you're|we're|i've|we've|you've|i'll|we'll|you'll|it'll)\b|'(?:s|re|ll|ve|m)\b"
)
_TALK = re.compile(
    r"^(?:(?:ok|okay|sure|yes|thanks|thank you|alright|all right|great|and|so|sorry|now|well|of "
    r"course|certainly"
    r"|unfortunately|no problem|i'm sorry|i'm afraid|happy to|please)[,.!]?\s+(?:but\s+)?)*"
    r"(?:(?:i|we|let me|let's|allow me to)(?:'ll|'d|'m|'ve| can| could| will| would| am| may| can't| cannot|"
    r" don't| do not| didn't| couldn't| wasn't| haven't| have)?"
    r"\s*(?:(?:just|now|also|quickly|gladly|only|first|still|here to|happy to|glad to|able to|unable "
    r"to|going to|"
    r"like to|be|sorry to|sorry that|been)\s+)*"
    r"(?:help|assist|check|look|looking|find|found|see|saw|ask|asking|tell|say|hear|heard|understand|"
    r"understood|"
    r"need(?= (?:to|some|more|you to|a (?:moment|second|minute|few)|"
    r"(?:your|the) [\w ]*(?:number|name|code|date|birth|address|details))\b)|know|catch|"
    r"get that|repeat|pull(?:ed)? up|search|go over|sorry|apologi[sz]e|appreciate|"
    r"think|hope|want|hold|show|connect)\b"
    r"|(?:(?:please|just|could you|can you|would you|may i|you can|you may|you could|if you|you)\s+)+"
    r"(?:(?:please|also|just|now|like)\s+)*"
    r"(?:say|tell|give me|spell|repeat|type|enter|press|hold|wait|ask|speak|take your time|let me "
    r"know|know)\b)"
)
_ASIDE = re.compile(
    r"^(?:(?:i'm|i am|we're|we are) (?:so |very |really )?(?:sorry|afraid)|sorry|thank|thanks|hello|"
    r"hi|goodbye|bye|"
    r"good (?:morning|afternoon|evening|day)|welcome|is there anything|would you|do you|have a|take "
    r"(?:your|care)|"
    r"you're welcome|my apologies|no problem|great|all right|alright|okay|what|which|feel free|one "
    r"moment|please "
    r"(?:hold|wait|note)?$|that's (?:right|correct|it|all)\b)"
)
_HAS = re.compile(r"\b(?:have|has|there|remain)\b|'(?:ve|s)\b")
_SUBORDINATE = re.compile(r"\b(?:that (?:you|we|it|they|your|our)|because|so you|you'll|we'll|it'll|will)\b")


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a sentence that says one thing."""

    text: str
    """Lower case, as long as in the sentence."""
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Ground:
    """What a clause stands on, and what in it stands on nothing."""

    clause: Clause
    unit: Unit
    missing: tuple[tuple[str, int, int], ...]
    """(word, start, end) of words that the facts lack."""
    apart: tuple[Atom, ...]
    """Values that are true of other facts than the clause's words."""


def clauses(text: str) -> list[Clause]:
    """The sentence's clauses; a part without a verb goes with the next one, the last with the one before."""
    low = text.lower()
    cuts = [0]
    for match in _BREAK.finditer(low):
        if match[0].startswith(",") and _of_a_date(low, match.start(), match.end()):
            continue
        cuts.append(match.end())
    cuts.append(len(low))
    parts: list[Clause] = []
    begin = 0
    for at, after in enumerate(cuts[1:], 1):
        part = low[begin:after]
        if not part.strip():
            continue
        if _FINITE.search(part) or at == len(cuts) - 1:
            parts.append(Clause(part, begin, after))
            begin = after
    if begin < len(low) and low[begin:].strip():
        parts.append(Clause(low[begin:], begin, len(low)))
    if len(parts) > 1 and not _FINITE.search(parts[-1].text):
        last, before = parts.pop(), parts.pop()
        parts.append(Clause(low[before.start : last.end], before.start, last.end))
    return parts


def _of_a_date(low: str, start: int, end: int) -> bool:
    before = low[:start].rsplit(" ", 1)[-1]
    after = low[end:].lstrip()
    return bool(
        re.fullmatch(
            r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|\d+(?:st|nd|rd|th)?|\w+(?:th|first|second)", before
        )
        and re.match(
            r"(?:the\s)?(?:\d|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|\w+(?:th|st|nd|rd)\b)", after
        )
    )


def talk(clause: Clause) -> bool:
    """Whether a clause is of the conversation alone: a greeting, a request, "let me check that"."""
    low = clause.text.strip(" ,.!?;:")
    if not low:
        return True
    if _ASIDE.match(low) and not re.search(
        r"\b(?:that|but|because)\b .*\b(?:is|are|has|have|will|can)\b", low
    ):
        return True
    match = _TALK.match(low)
    return match is not None and not _SUBORDINATE.search(low[match.end() :])


def content(clause: Clause, spans: Collection[tuple[int, int]]) -> Iterator[tuple[str, int, int]]:
    """(word, start, end) of the words that say something, outside of the values at `spans`."""
    for match in _WORD.finditer(normal(clause.text)):
        start, end = clause.start + match.start(), clause.start + match.end()
        word = re.sub(r"(?:'s|'ll|'re|'ve|'d|'m|n't)$", "", match[0].replace("’", "'"))
        if is_light(word) or is_light(match[0]) or len(word) < 2:
            continue
        if any(begin < end and start < until for begin, until in spans):
            continue
        if word == "left" and re.search(
            r"\b(?:days?|weeks?|hours?|minutes?|months?) $", clause.text[: match.start()]
        ):
            continue
        if (
            word == "left"
            and re.match(r"\s*(?:[.,;!?]|$|to\b)", clause.text[match.end() :])
            and _HAS.search(clause.text)
        ):
            continue
        if word in ("need", "needs", "require") and re.search(r"n't $|not $", clause.text[: match.start()]):
            continue  # "you don't need" denies like "without"
        cut = _WORD.match(clause.text, match.end())  # several words read as one end inside of the last
        yield word, start, end if cut is None else clause.start + cut.end()


def grounds(
    clause: Clause,
    found: Sequence[Unit],
    atoms: Sequence[Atom],
    spans: Sequence[tuple[int, int]],
    proves: Callable[[Atom, Unit], bool],
    summed: bool = False,
) -> Ground:
    """The unit that bears most of the clause. `atoms` are its values that some fact proves, `spans`
    are what is looked at elsewhere. `summed`: the clause states a sum."""
    words = list(content(clause, spans))
    if summed:  # whose sum it is, the sum's own check says
        words = [word for word in words if not meanings(word[0]) & MONEY]
    best: Ground | None = None
    for unit in found:
        states = _flagged(words, unit)
        missing = tuple(word for word in words if word[0] not in states and not _stands(word[0], unit))
        apart = tuple(atom for atom in atoms if not proves(atom, unit))
        if best is None or len(missing) + len(apart) < len(best.missing) + len(best.apart):
            best = Ground(clause, unit, missing, apart)
        if not missing and not apart:
            break
    assert best is not None
    return best


_OF_A_FLAG = frozenset("included include available possible provided offered allowed".split())


def _flagged(words: Sequence[tuple[str, int, int]], unit: Unit) -> frozenset[str]:
    """The words that say no more than a yes or no does, where the clause names what it is of."""
    named = {meaning for word, _, _ in words if word not in _OF_A_FLAG for meaning in meanings(word)}
    flags = (view for view in unit.views if view.text.lower() in ("yes", "no", "true", "false"))
    found = any(named & meanings(word) for view in flags for word in view.name_words)
    return _OF_A_FLAG if found else frozenset()


def _stands(word: str, unit: Unit) -> bool:
    if meanings(word) & unit.meanings:
        return True
    if "-" in word:
        return all(is_light(part) or _stands(part, unit) for part in word.split("-"))
    name = stem(word)
    return not name.startswith("@") and any(related(name, held) for held in unit.stems)
