"""Claims that are not values: promises, policies, negations, comparisons and names. Pure."""

import re
from collections.abc import Iterator, Sequence

from agent.dialogue.claims_deeds import promises
from agent.dialogue.claims_facts import FactView
from agent.dialogue.claims_meanings import meanings
from agent.dialogue.claims_said import Said, conditional
from agent.dialogue.claims_signs import negations
from agent.dialogue.claims_words import CONVERSATIONAL, DOING, POLICY_WORDS, STOPS

_ADVERBS = (
    r"(?:(?:be|have|been|not|also|now|just|only|then|still|soon|always|never|be able to|get|\w+ly)\s+)*"
)
_MODAL = re.compile(
    rf"\b(?:you|customers?|they|we|anyone|everyone|it|items?|orders?|i)\s+(?:can|can't|cannot|may|might|"
    rf"must|mustn't|should|"
    rf"shouldn't|could|need to|have to|needn't|are able to|are allowed to|are not allowed to|aren't "
    rf"allowed to|"
    rf"are eligible to|are entitled to|don't have to|do not have to|don't need "
    rf"to)\s+(?:only\s+)?{_ADVERBS}([\w'-]+)"
)
_QUESTION_START = re.compile(
    r"^(?:(?:first|quick question|just|before that|one more thing|then|also|but|ok|okay|sure|thanks|"
    r"thank you|alright|great|and|so|sorry|now|well|or)[,.!:]?\s+)*(?:may|can|"
    r"could|would|"
    r"will|shall|should|do|does|did|is|are|was|were|have|has|what|which|who|when|where|how|why|am)\b"
)


def is_question(text: str) -> bool:
    """Whether the whole sentence asks."""
    return text.rstrip().endswith("?")


def asks(text: str) -> bool:
    """Whether the sentence only asks, so that its words state nothing."""
    return is_question(text) and bool(_QUESTION_START.match(text.lower()))


def speech_claims(low: str, own: Sequence[FactView]) -> Iterator[Said]:
    """What `low` says in words, borne out by `own` or not."""
    seen: list[tuple[int, int]] = []
    for found in (promises(low, own), _policies(low, own), negations(low, own)):
        for claim in found:
            if claim.fact is None and any(s < claim.end and claim.start < e for s, e in seen):
                continue
            if claim.fact is None:
                seen.append((claim.start, claim.end))
            yield claim


def _policies(low: str, own: Sequence[FactView]) -> Iterator[Said]:
    """What holds always, for everybody, or without something."""
    words = {w for v in own for w in v.words}
    meant = {meaning for word in words for meaning in meanings(word)}
    for match in re.finditer(r"[a-z]+(?:-[a-z]+)*", low):
        word = match[0]
        if word in POLICY_WORDS and word not in words and not conditional(low, match.start()):
            yield Said("policy", word, *match.span(), why="no fact says so")
    for match in _LACKING.finditer(low):
        if match[1] not in _LACKED_ALOUD and not meanings(match[1]) & meant:
            yield Said("policy", match[0], *match.span(), why="no fact says so")
    for match in _EVER.finditer(low):
        if not any(match[0] in v.text.lower() for v in own):
            yield Said("policy", match[0], *match.span(), why="no fact says so")
    if (full := re.search(r"\bfull refunds?\b", low)) and "full" not in words:
        yield Said("policy", full[0], *full.span(), why="no fact says so")
    if modal := _MODAL.search(low):
        verb = modal[1]
        if verb not in DOING | CONVERSATIONAL | STOPS and not conditional(low, modal.start()):
            by = next((v.fact for v in own if any(meanings(verb) & meanings(w) for w in v.words)), None)
            if by is not None:
                yield Said("policy", modal[0], *modal.span(), by)


_EVER = re.compile(
    r"\b(?:around the clock|round the clock|24/7|day and night|any ?time|no matter what|at all times|"
    r"every time|"
    r"for life|forever|at no risk|for sure|definitely|whenever you|as (?:many|much|often|long) as you)\b"
)
_LACKING = re.compile(r"\b(?:without|no)\s+(?:(?:a|an|any|the|your|extra|additional)\s+)?([a-z]{3,})")
_LACKED_ALOUD = frozenset(
    "problem problems worries worry rush hurry doubt longer one more need trouble idea delay later "
    "than".split()
)
"""After "no": nothing is said of the business."""
