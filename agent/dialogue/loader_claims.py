"""What a business's own words state without a fact: a phrase is said as approved, so it names its facts.

A number, a sum, a date, "free" or a promise in the literal text of a phrase or a greeting would be told to
callers unproven, and stay when the fact changes. Idioms ("one moment", "one by one", "press 1") state
nothing.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from agent.dialogue import claims
from agent.dialogue.business import REQUIRED_PHRASES, Business, Phrase
from agent.dialogue.claims_words import PLEDGES, is_action
from agent.dialogue.protocol import Fact

VALUES = frozenset({"number", "amount", "date", "time", "identifier"})
NAME = re.compile(r"\{[a-z][a-z0-9_]*\}")
_DIGIT = r"(?:\d|zero|one|two|three|four|five|six|seven|eight|nine)"
IDIOMS = re.compile(
    rf"\bone by one\b|\bone at a time\b|\bone or two\b|\bin the first place\b|\ball in one\b|\b(?:one|a) of\b"
    rf"|\b(?:a|one|two|half a|a couple of) (?:moment|second|minute)s?\b"
    rf"|\b(?:press|type|key)(?: the)?(?: key| keys| number)? {_DIGIT}(?:(?:,| or|, or) {_DIGIT})*\b"
    rf"|\bi'll be (?:right )?(?:with you|back|there)\b|\b(?:at once|once (?:more|again))\b"
    rf"|\b(?:this|that|which|another|new|other|different) ones?\b"
    rf"|\bone(?=[?.,!]|$| (?:that|which|who|more|for|in|with|by|at|you|we|i)\b)",
    re.I,
)
"""Words of number that count nothing."""
FUTURE = re.compile(r"\bwill\b|'ll\b|\bwon't\b|\bshall\b|\bgoing to\b|\bgonna\b", re.I)
VOWS = re.compile(
    r"\b(?:always|never|every(?:body|one|thing)?|any ?time|day and night|full refunds?|"
    r"(?:costs?|pay|owe|charge you) nothing|nothing to pay|at no cost|no matter|lifetime|unlimited|"
    r"automatically|instantly|immediately|guaranteed?|promised?|without (?:a|any) \w+)\b",
    re.I,
)
"""Words that bind a business without a value that a fact could give."""
ENTITLED = re.compile(r"\byou (?:can|may|get|must|have to|needn't|don't have to|can't|cannot)\s+(\w+)", re.I)
DONE = re.compile(r"^(?:i|we|i've|we've|'ve|have)\b", re.I)
"""What the agent says it did."""


@dataclass(frozen=True, slots=True)
class Unproven:
    """One thing that a text states by itself, and what to write instead."""

    text: str
    advice: str


def unproven(
    text: str,
    business: Business,
    *,
    told_by_tool: bool = False,
    timed: Collection[str] = (),
    may_promise: bool = False,
) -> Iterator[Unproven]:
    """What the literal words of `text` state. `told_by_tool`: a row of the database stands behind it.
    `timed` are names of dates and times, of which "free" is no sum. `may_promise`: it's said of what was
    just stored."""
    literal = _literal(text, business)
    names = {name[1:-1] for name in NAME.findall(text)}
    facts = [Fact(n, f.value, f"business.facts.{n}") for n, f in business.profile.facts.items()]
    verdict = claims.check(literal, facts)
    bare = claims.check(literal, ())
    promised = [claim for claim in verdict.refused if claim.kind == "promise"]
    for claim in bare.refused:
        said = claim.text.lower()
        if claim.kind in VALUES:
            if said in ("today", "tonight", "now") and (names or not _acts(bare.refused)):
                continue
            if _is_free(said) and (names & set(timed) or any("free" in name for name in names)):
                continue
            yield Unproven(claim.text, _advice(claim, facts))
        elif claim in promised and not may_promise and _pledges(claim, told_by_tool):
            yield Unproven(claim.text, "leave the promise out, or write it as a fact in [facts] and name it")


def _literal(text: str, business: Business) -> str:
    """`text` with what is proven elsewhere, or counts nothing, taken out."""
    literal = NAME.sub("it", text.replace("’", "'"))
    own = [business.profile.name, *(word.word for word in business.profile.hot_words)]
    for name in sorted(own, key=len, reverse=True):
        literal = re.sub(rf"\b{re.escape(name)}\b", "it", literal, flags=re.I)
    return IDIOMS.sub("it", literal)


def _acts(refused: Sequence[claims.Claim]) -> bool:
    return any(claim.kind in ("promise", "policy") for claim in refused)


def _is_free(said: str) -> bool:
    return said.startswith(("free", "no ", "without", "complimentary"))


def _pledges(claim: claims.Claim, told_by_tool: bool) -> bool:
    said = claim.text.lower()
    if any(re.search(rf"\b{pledge}\b", said) for pledge in PLEDGES) or FUTURE.search(said):
        return True
    return not told_by_tool and bool(DONE.search(said))


def _advice(claim: claims.Claim, facts: Sequence[Fact]) -> str:
    near = [fact.name for fact in facts if claim.text != "first" and claims.check(claim.text, [fact]).ok]
    if near:
        return f"write {{{near[0]}}} if that is meant, or a fact of its own in [facts]"
    if _is_free(claim.text.lower()):
        return 'name the fact that says so, such as {free_shipping_over}, or leave "free" out'
    return "write it as a fact in [facts] of business.toml and name it, such as {delivery_days}"


def told_by_tools(business: Business) -> frozenset[str]:
    """Ids of the phrases that tell a row or a change."""
    return frozenset(phrase for tool in business.tools.values() for phrase in tool.phrases)


def told_by_callback(business: Business) -> frozenset[str]:
    """Ids of the phrases that may promise a call: said once a wish to be called back is stored, and only
    then."""
    back = business.intents.get(business.profile.human.callback or "")
    tool = business.tools.get(str(back.tool)) if back is not None else None
    if tool is None or tool.write is None:
        return frozenset()
    elsewhere = {phrase for intent in business.intents.values() for phrase in intent.say}
    for other in business.tools.values():
        elsewhere |= {phrase for answer in other.answers for phrase in answer.say}
        elsewhere |= {*other.many, *other.failure, *other.say_none}
        if other.write is not None:
            elsewhere |= {other.write.confirm, *other.write.declined, *other.write.failed}
            elsewhere |= {*other.write.done} if other is not tool else set()
    return frozenset(tool.write.done) - elsewhere - frozenset(REQUIRED_PHRASES)


def timed_names(business: Business) -> frozenset[str]:
    """Names whose value is a date or a time."""
    kinds = {name: kind for tool in business.tools.values() for name, kind in tool.kinds.items()}
    kinds |= {name: slot.type for name, slot in business.slots.items() if slot.type in ("date", "time")}
    return frozenset(name for name, kind in kinds.items() if kind in ("date", "time"))


def phrase_claims(business: Business) -> Iterator[tuple[str, tuple[str, ...], str, Unproven]]:
    """File, keys, text and claim of everything that phrases and the greeting state by themselves."""
    by_tool, timed = told_by_tools(business), timed_names(business)
    promising = told_by_callback(business)
    for sentence in business.profile.greeting:
        for found in unproven(sentence, business):
            yield "business.toml", ("greeting",), sentence, found
    phrases: dict[str, Phrase] = business.phrases
    for phrase_id, phrase in phrases.items():
        told, may = phrase_id in by_tool, phrase_id in promising or phrase.promise
        for found in unproven(phrase.text, business, told_by_tool=told, timed=timed, may_promise=may):
            yield "phrases.toml", (phrase_id, "text"), phrase.text, found


def vows(business: Business) -> Iterator[tuple[str, str]]:
    """Id of each phrase that promises something in its own words which the owner has yet to vouch for by
    `promise = true`, and those words. What tells a row of the database is none."""
    by_tool = told_by_tools(business)
    for phrase_id, phrase in business.phrases.items():
        if phrase.promise or phrase_id in by_tool or phrase.kind not in ("answer", "decline"):
            continue
        literal = _literal(phrase.text, business)
        entitled = ENTITLED.search(literal)
        if (vow := VOWS.search(literal)) is not None:
            yield phrase_id, vow[0]
        elif entitled is not None and is_action(entitled[1]):
            yield phrase_id, entitled[0]
