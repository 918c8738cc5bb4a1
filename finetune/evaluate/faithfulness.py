"""Whether a reply says what it should and nothing else: facts missing, invented, refused. Pure.

What can be told apart by eye (numbers, dates, times, names in braces) is counted apart from what the live
agent's own check refuses, so that the check isn't measured by itself.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from agent.dialogue import claims
from agent.dialogue.claims_said import PHRASE
from agent.dialogue.evaluation_atoms import atoms, unknown
from agent.dialogue.protocol import Fact
from agent.dialogue.responder import NAME
from agent.dialogue.slots_numbers import DIGITS, cardinal, tokens
from finetune.data.forms import Form, filled, in_form, written
from finetune.data.rows import Row

_CALLER = re.compile(r"^Caller: (.*)$", re.M)
_ACTS = re.compile(r"^Say: (.*)\Z", re.M | re.S)
_INFORM = re.compile(r"^(?:inform|confirm) ([^=]+?) = (.+)$", re.S)
_SENTENCE = re.compile(r"(?<=[.?!])\s+")
_DECLINES = re.compile(
    r"\b(?:sorry|unfortunately|afraid|apologi[sz]e|unable|not able|failed|nothing|cannot|"
    r"(?:can|could|do|did|does|is|are|was|were|have|has|had)(?:n't| not)|"
    r"not (?:found|available|possible|successful)|there (?:is|are) no|"
    r"no (?:such|record|result|match|\w+ (?:found|available)))\b|\bcan't\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Judged:
    """What one reply did with its row's facts."""

    text: str
    """With its values written out."""
    missing: tuple[str, ...]
    """Needed names whose value isn't said."""
    invented: tuple[str, ...]
    """Names that the row doesn't have, and values that nothing in the prompt gives."""
    refused: tuple[str, ...]
    """Kinds of what the live agent's check would refuse."""
    declined: bool
    """Whether it says that something isn't there or can't be done."""

    @property
    def kept(self) -> bool:
        """Whether the live agent would say it as it is, instead of a template."""
        return bool(self.text.strip()) and not (self.missing or self.invented or self.refused)


def judge(row: Row, reply: str, form: Form) -> Judged:
    """The reply to `row` (in the form of names), as it was asked in `form`."""
    text = filled(reply, row.facts) if form != "free" else reply
    names = NAME.findall(reply)
    if form == "free":
        missing = tuple(name for name in row.needed if not told(written(row.facts[name]), text))
    else:
        missing = tuple(name for name in row.needed if name not in names)
    return Judged(
        text=text,
        missing=missing,
        invented=_invented(in_form(row, form), reply, form),
        refused=_refused(row, text),
        declined=bool(_DECLINES.search(text.replace("’", "'"))),
    )


def caller(row: Row) -> str:
    """The caller's last words; empty where there are none."""
    found = _CALLER.search(row.prompt[-1].content)
    return found[1].strip() if found else ""


def acts(row: Row) -> list[str]:
    """What the row asks for, an act an item."""
    found = _ACTS.search(row.prompt[-1].content)
    return found[1].split("; ") if found else []


def told(value: str, text: str) -> bool:
    """Whether `text` says `value`: its numbers and dates (these without their year too), or its words."""
    wanted = atoms(in_digits(value))
    if not wanted:
        return _plain(value) in _plain(text)
    said = atoms(in_digits(text))
    return all(one in said or f"--{one[5:]}" in said for one in wanted)


def in_digits(text: str) -> str:
    """`text` with its number words from two on in digits; digits that are spelled one by one stay words."""
    found, parts, at, done = tokens(text), [], 0, 0
    while at < len(found):
        run = at
        while run < len(found) and found[run].low in DIGITS:
            run += 1
        if run - at >= 2:
            at = run
            continue
        hit = cardinal(found, at) if found[at].low.isalpha() else None
        if hit is None or hit[0] < 2:
            at += 1
            continue
        value, after = hit
        parts.append(text[done : found[at].start] + str(value))
        done, at = found[after - 1].end, after
    return "".join(parts) + text[done:]


def _invented(row: Row, reply: str, form: Form) -> tuple[str, ...]:
    """`row` in the form that it was asked in."""
    names = [] if form == "free" else NAME.findall(reply)
    strange = [f"{{{name}}}" for name in dict.fromkeys(names) if name not in row.facts]
    rest = reply if form == "free" else NAME.sub("it", reply)
    if "{" in rest or "}" in rest:
        strange.append("an open brace")
    asked = acts(row) or [message.content for message in row.prompt]
    given = atoms(in_digits("; ".join(asked)))
    return (*strange, *unknown(atoms(in_digits(rest)), given))


def _refused(row: Row, text: str) -> tuple[str, ...]:
    if "{" in text or "}" in text:
        return ("unknown_fact",)
    facts = list(_facts(row))
    kinds = (
        claim.kind
        for sentence in _SENTENCE.split(text.strip())
        for claim in claims.check(sentence, facts, caller(row)).refused
    )
    return tuple(dict.fromkeys(kinds))


def _facts(row: Row) -> Iterator[Fact]:
    """What the turn proves, as the live agent takes it: its facts, the words that its acts say as they are,
    and as its approved phrase the right reply."""
    yield Fact(PHRASE, filled(row.reply, row.facts), "row")
    for name, fact in row.facts.items():
        yield Fact(name, written(fact), "row")
    for act in acts(row):
        if (literal := _INFORM.match(act)) is not None and not NAME.search(literal[2]):
            yield Fact(literal[1].replace(" ", "_"), literal[2], "row")


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))
