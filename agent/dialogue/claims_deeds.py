"""Promises: what the agent says it did or will do, pledges, and what is said to have happened. Pure.

"I've cancelled it" is true only when an approved sentence of this turn says so, which is said only behind the
change itself; a row that says "cancelled" proves "it was cancelled", not who did it.
"""

import re
from collections.abc import Iterator, Sequence

from agent.dialogue.claims_facts import FactView, done_forms
from agent.dialogue.claims_meanings import meanings
from agent.dialogue.claims_said import DONE, PHRASE, Said, conditional
from agent.dialogue.claims_units import is_text, words_of
from agent.dialogue.claims_words import DOING, PLEDGES, STOPS, stem
from agent.dialogue.protocol import Fact

_ADVERBS = (
    r"(?:(?:be|have|been|not|also|now|just|only|then|still|soon|always|never|be able to|get|already|"
    r"\w+ly)\s+)*"
)
_WILL = re.compile(
    rf"\b(?:(i|we|you|he|she|it|they|that|this|[\w-]+)\s*)?(?:'ll|\bwill|\bwon't|\bshall|(?:am|is|are|'m|"
    rf"'re|'s) going to|\bgonna)\s+"
    rf"{_ADVERBS}([\w'-]+)(?:\s+(\w+))?"
)
_IRREGULAR = (
    "sent|paid|sold|made|put|set|left|held|taken|given|gone|done|written|kept|brought|bought|built|"
    "chosen|begun|"
    "let|got|found|seen|heard|told|said|thought|understood|had|been|read|spoken|sorted|went|took|gave|sent|"
    "forgotten|lost|drawn|run|come|meant|felt"
)
_DEED = re.compile(
    rf"\b(?:i|we)(?:'ve| have| had| was| were|)\s+(?:(?:just|now|already|also|not|successfully|have|gladly|"
    rf"went ahead and|been able to|\w+ly)\s+)*(\w{{2,}}(?:ed|wn)|"
    rf"{_IRREGULAR})\b(?:\s+([a-z]+))?(?:\s+([a-z]+))?"
)
_TALKED = frozenset(
    "found got seen heard told said thought understood had been spoken checked looked asked "
    "listened mentioned "
    "tried apologized apologised pleased worried concerned honoured delighted excited interested "
    "missed noticed "
    "needed wanted hoped meant felt tried read come".split()
)
"""What was done in the conversation only: "I've checked", "I understood"."""
_NO_DEEDS = frozenset("need proceed feed speed indeed exceed seed".split())
_TOLD = frozenset("told asked let spoken mentioned".split())
_TOLD_TO = frozenset(["", *"you for about if whether what me that which how your".split()])
"""Told to the caller himself; what is told to others is a deed."""
_OBJECTED = re.compile(
    r"\b(?:i|we)(?:'ve| have)?\s+(?:just\s+|already\s+)?got\s+(?:it|that|you|him|her|them)\s+"
    r"(?:all\s+)?(?:sorted|booked|fixed|done|sent|cancel\w+|chang\w+|refund\w+)"
)
_IDLE = {
    "take": "look moment second note", "make": "", "give": "you me", "let": "you me", "get": "that it your",
    "put": "", "keep": "looking", "hold": "on", "go": "through ahead", "have": "a", "start": "with by",
    "begin": "with by", "be": "happy glad with here brief quick", "do": "my our that it what", "show": "you",
    "stay": "on", "want": "to", "like": "to", "love": "to",
}  # fmt: skip
"""Small verbs that promise nothing before these words, and something before any other."""
_STATES = frozenset(
    "@open @close @available @stock @include @cover @allow @require @eligible @accept @offer @sell "
    "@insure @pend "
    "@overdue @delay @expire".split()
)
"""Of things rather than of deeds: their words need a fact, but nothing has been done."""


def promises(low: str, own: Sequence[FactView]) -> Iterator[Said]:
    """Each pledge, deed and announcement in `low`, borne out or not."""
    yield from _pledged(low, own)
    yield from _announced(low, own)
    yield from _deeds(low, own)
    yield from _happened(low, own)


def _vouched(own: Sequence[FactView]) -> list[FactView]:
    return [view for view in own if view.fact.name in (PHRASE, DONE) or view.fact.source == "action"]


def _pledged(low: str, own: Sequence[FactView]) -> Iterator[Said]:
    for pledge in PLEDGES:
        for match in re.finditer(rf"\b{pledge}s?\b", low):
            by = next((v.fact for v in own if pledge in v.text.lower()), None)
            yield Said("promise", match[0], *match.span(), by, "" if by else "no fact pledges it")


def _announced(low: str, own: Sequence[FactView]) -> Iterator[Said]:
    for match in _WILL.finditer(low):
        verb, after = match[2], match[3] or ""
        if conditional(low, match.start()):
            continue
        first = match[1] in {"i", "we"} or match[0].startswith(("i'", "we'"))
        if first and verb in _IDLE and not _idles(verb, after):
            told = _vouched(own) if match[1] == "i" else [*_vouched(own), *_of_us(own)]
            by = _telling(told, low[match.start(2) :])
        elif verb in DOING or verb in STOPS:
            continue
        else:
            by = _saying(_vouched(own) if first and match[1] == "i" else own, verb, first)
        start = match.start() + len(match[0]) - len(match[0].lstrip())
        why = "" if by else "no fact promises it"
        yield Said("promise", low[start : match.end(2)], start, match.end(2), by, why)


def _of_us(own: Sequence[FactView]) -> Iterator[FactView]:
    """Sentences of documents that say what the business does: "we keep a cake for a day"."""
    yield from (view for view in own if is_text(view) and re.search(r"\bwe\b", view.text.lower()))


def _idles(verb: str, after: str) -> bool:
    return not after or after in _IDLE[verb].split()


def _telling(views: Sequence[FactView], rest: str) -> Fact | None:
    """A fact that has the words of what is promised, verb and object."""
    words = [word for word in re.findall(r"[a-z]+", rest) if word not in STOPS][:3]
    return next((v.fact for v in views if words and all(stem(word) in v.stems for word in words)), None)


def _saying(views: Sequence[FactView], verb: str, first: bool) -> Fact | None:
    name = stem(verb)
    return next((v.fact for v in views if name in (v.value_stems | v.done if first else v.stems)), None)


def _deeds(low: str, own: Sequence[FactView]) -> Iterator[Said]:
    """ "I've moved it", "we refunded you": true where an approved sentence of the turn says it."""
    for match in _DEED.finditer(low):
        verb, nouns = match[1], (match[2] or "", match[3] or "")
        if conditional(low, match.start()) or (
            verb in _TALKED - _TOLD and not _OBJECTED.match(low[match.start() :])
        ):
            continue
        if verb in _NO_DEEDS or (verb == "pulled" and nouns[0] == "up"):
            continue
        if verb in _TOLD and nouns[0] in _TOLD_TO:
            continue
        if (verb == "taken" and "look" in nouns) or (
            verb in ("ordered", "called") and "have" not in match[0]
        ):
            continue
        by = _did(_vouched(own), verb)
        if by is None and stem(verb) == "@receive":  # nobody else can have done it
            by = next((view.fact for view in own if "@receive" in view.done), None)
        yield _deed(low, match, by)


def _deed(low: str, match: re.Match[str], by: Fact | None) -> Said:
    start, end = match.start(), match.end(1)
    return Said("promise", low[start:end], start, end, by, "" if by else "no tool has done it")


def _did(views: Sequence[FactView], verb: str) -> Fact | None:
    """A fact that tells the same deed, in the same word or in one that means it."""
    meant = meanings(verb)
    return next((v.fact for v in views if any(meant & meanings(word) for word in v.words)), None)


def _booked(view: FactView) -> bool:
    """Whether the fact is of an appointment, a visit, a table: what stands in the book is booked."""
    meant = meanings("booked")
    return not is_text(view) and any(
        meant & meanings(word) for word in words_of(view) - {*view.text.lower().split()}
    )


def _happened(low: str, own: Sequence[FactView]) -> Iterator[Said]:
    """ "has been cancelled", "is confirmed": true where a fact says so of the thing."""
    for name, said, start, end in done_forms(low):
        if not name.startswith("@") or name in _STATES or conditional(low, start):
            continue
        if re.match(r"(?:i|we)\b|'ve", said) and not re.match(r"(?:i|we) (?:are|were|am|was)", said):
            continue
        by = next((v.fact for v in own if name in v.done or (name == "@book" and _booked(v))), None)
        if by is None and re.search(r"(?:\b(?:not|never)|n't)\b", low[:end]):
            continue  # its sign is looked at with the negations
        yield Said("promise", said, start, end, by, "" if by else "no fact says that it has happened")
