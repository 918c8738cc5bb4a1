"""Claims that are not values: promises, policies, negations, comparisons and names. Pure."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from agent.dialogue.calendar_days import MONTHS, WEEKDAYS
from agent.dialogue.claims_facts import FactView, done_forms, polarities, split
from agent.dialogue.claims_words import (
    BOUNDS,
    COMPARED_ALOUD,
    COMPARISONS,
    CONVERSATIONAL,
    DOING,
    PLEDGES,
    POLICY_WORDS,
    STOPS,
    is_action,
    stem,
)

SpeechKind = Literal["name", "negation", "promise", "comparison", "policy"]


@dataclass(frozen=True, slots=True)
class SpeechClaim:
    """A claim that no fact bears out."""

    kind: SpeechKind
    text: str
    start: int
    end: int


_ADVERBS = (
    r"(?:(?:be|have|been|not|also|now|just|only|then|still|soon|always|never|be able to|get|\w+ly)\s+)*"
)
_WILL = re.compile(
    rf"\b(?:(i|we|you|he|she|it|they|that|this|[\w-]+)\s*)?(?:'ll|\bwill|\bwon't|\bshall|(?:am|is|are|'m|"
    rf"'re|'s) going to|\bgonna)\s+"
    rf"{_ADVERBS}([\w'-]+)"
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
    r"^(?:(?:ok|okay|sure|thanks|thank you|alright|great|and|so|sorry|now|well|or)[,.!]?\s+)*(?:may|can|"
    r"could|would|"
    r"will|shall|should|do|does|did|is|are|was|were|have|has|what|which|who|when|where|how|why|am)\b"
)
_CONDITION = re.compile(
    r"^(?:if|when|whether|to|in order to|would you|do you|please|before|once|let me|shall)\b"
)
_HELP = re.compile(
    r"\b(?:help|assist|look (?:into|up|at)|check|about|regarding|questions?|understand|calling|like to|"
    r"want(?:ed)? to|"
    r"sorry|need to|let me)\b"
)
_NAME = re.compile(r"\b[A-Z][a-zA-Z'’-]*[a-z][a-zA-Z'’-]*|\b[A-Z]{2,}\b")
_NOT_NAMES = frozenset(
    "i i'm i'll i've i'd ok okay am pm a us pin id pdf url usb faq vat mr mrs ms miss dr sir madam "
    "english monday zip"
    " tv sms".split()
) | set(MONTHS) | set(WEEKDAYS)  # fmt: skip
_VOCATIVE = re.compile(
    r"^(?:thanks|thank you|hello|hi|sorry|okay|sure|great|alright|of course|certainly)\b", re.I
)


def is_question(text: str) -> bool:
    """Whether the whole sentence asks."""
    return text.rstrip().endswith("?")


def speech_claims(
    text: str, own: Sequence[FactView], his: Sequence[FactView], known_names: Collection[str], returned: bool
) -> Iterator[SpeechClaim]:
    """What `text` says in words and no fact of `own` bears out. `his` are the caller's words."""
    low = text.lower()
    yield from _names(text, own, his, known_names, returned)
    yield from _comparisons(low, own)
    if is_question(text) and _QUESTION_START.match(low):
        return
    seen: set[tuple[int, int]] = set()
    for found in (_promises, _policies, _negations):
        for claim in found(low, own, his):
            if not any(s <= claim.start < e or claim.start <= s < claim.end for s, e in seen):
                seen.add((claim.start, claim.end))
                yield claim


def _stems(views: Sequence[FactView]) -> set[str]:
    return {s for v in views for s in v.stems}


def _names(
    text: str, own: Sequence[FactView], his: Sequence[FactView], known: Collection[str], returned: bool
) -> Iterator[SpeechClaim]:
    proven = {w for v in own for w in v.words}
    said = {w for v in his for w in v.words}
    starts = {m.end() for m in re.finditer(r"(?:^|[.!?:]\s+|[\"“]\s*)", text)}
    matches = list(_NAME.finditer(text))
    for at, match in enumerate(matches):
        word = match[0].lower().replace("’", "'")
        bare = word[:-2] if word.endswith("'s") else word
        if bare in _NOT_NAMES or re.sub(r"'(?:m|ll|ve|d|re)$", "", bare) in _NOT_NAMES or bare in proven:
            continue
        if match.start() in starts:
            following = matches[at + 1] if at + 1 < len(matches) else None
            if bare in _OPENERS or not _named_at_start(text, match, following):
                continue
        if bare in said and (returned or _is_vocative(text, match.start(), match.end())):
            continue
        if all(part in proven for part in re.split(r"[-']", bare)):
            continue
        yield SpeechClaim("name", match[0], match.start(), match.end())
    low = text.lower()
    for name in known:
        words = re.findall(r"[a-z]+", name.lower())
        if not words or not all(w in low for w in words):
            continue
        found = re.search(rf"\b{re.escape(name.lower())}\b", low)
        if found and not any(set(words) <= v.words for v in [*own, *(his if returned else ())]):
            yield SpeechClaim("name", found[0], found.start(), found.end())


_OPENERS = frozenset(
    "the a an your our my this that these those it its i you we they he she there here what which who "
    "when where "
    "how why yes no thanks thank sorry please hello hi good great sure okay if so and but or for to in "
    "on at is are "
    "do does can could would will of course certainly dear mr mrs ms dr from with by as let order".split()
)


def _named_at_start(text: str, match: re.Match[str], following: re.Match[str] | None) -> bool:
    """Whether the sentence's first word is a name: a capital inside it or after it, or "Maria will"."""
    if re.search(r"[a-z][A-Z]|^[A-Z]{2,}$", match[0]):
        return True
    if following is not None and text[match.end() : following.start()] == " ":
        return following[0].lower() not in _NOT_NAMES
    bare = match[0].lower()
    common = is_action(bare) or bare in _COMMON_STARTS or bare.endswith(("ing", "ment", "ments", "ly", "ion"))
    return not common and bool(_PERSON_VERB.match(text[match.end() :]))


_PERSON_VERB = re.compile(
    r"(?:'ll|'s)?\s*(?:will|is|has|was|can|does|called|said|says|wants|works|knows|sent|and [A-Z])\b|'s\s"
)
_COMMON_STARTS = frozenset(
    "everything nothing something someone everyone anyone nobody each every all some most both one none "
    "another "
    "standard express customer customers item items product products price prices service support staff "
    "money "
    "today tomorrow tonight yesterday next last next-day payment size color colour total cost tax "
    "balance account "
    "invoice package parcel warranty store shop team manager help more less only half first now "
    "then else".split()
)


def _is_vocative(text: str, start: int, end: int) -> bool:
    before, after = text[:start].rstrip(), text[end:].lstrip()
    alone = after == "" or after[0] in ".,!?"
    return alone and (before.endswith(",") or before == "" or bool(_VOCATIVE.match(before)))


def _comparisons(low: str, own: Sequence[FactView]) -> Iterator[SpeechClaim]:
    masked = low
    for phrase in COMPARED_ALOUD:
        masked = masked.replace(phrase, "~" * len(phrase))
    proven = {w for v in own for w in v.words}
    texts = [v.fact.value.lower() for v in own]
    bounded = re.compile(rf"\b({'|'.join(BOUNDS)})\s+(?=[$£€]?\d|a (?:dozen|hundred)|{_NUMBER_WORD})")
    for match in bounded.finditer(low):
        if not any(match[1] in value for value in texts):
            yield SpeechClaim("comparison", match[1], match.start(1), match.end(1))
        masked = masked[: match.start()] + "~" * (match.end() - match.start()) + masked[match.end() :]
    for match in re.finditer(r"[a-z]+", masked):
        if match[0] in COMPARISONS and match[0] not in proven:
            yield SpeechClaim("comparison", match[0], match.start(), match.end())


_NUMBER_WORD = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|forty|"
    r"fifty|sixty|"
    r"seventy|eighty|ninety)\b"
)


def _promises(low: str, own: Sequence[FactView], his: Sequence[FactView]) -> Iterator[SpeechClaim]:
    stems = _stems(own)
    values = {s for v in own for s in v.value_stems}
    done = {s for v in own for s in v.done}
    for pledge in PLEDGES:
        for match in re.finditer(rf"\b{pledge}\b", low):
            if not any(pledge in v.fact.value.lower() for v in own):
                yield SpeechClaim("promise", match[0], match.start(), match.end())
    for match in _WILL.finditer(low):
        verb = match[2]
        if verb in DOING or verb in STOPS or _conditional(low, match.start()):
            continue
        first_person = match[1] in {"i", "we"} or match[0].startswith(("i'", "we'"))
        if stem(verb) not in (values | done if first_person else stems):
            yield SpeechClaim("promise", match[0].strip(), match.start(), match.end())
    for name, said, start, end in done_forms(low):
        if name.startswith("@") and name not in done and not _conditional(low, start):
            yield SpeechClaim("promise", said, start, end)
        elif not name.startswith("@") and re.match(r"(?:i|we)\b|'ve", said) and not _told(said):
            if name not in stems and not own:
                yield SpeechClaim("promise", said, start, end)


def _told(said: str) -> bool:
    """ "I understood", "I've checked", "we talked": of the conversation only."""
    return bool(
        re.search(
            r"(?:understood|need|checked|looked|asked|heard|listened|spoken|mentioned|noted|tried|"
            r"apologi[sz]ed|pleased|"
            r"worried|concerned|honou?red|delighted|excited|interested|missed|taken|broken|seen|been|even|when|then)$",
            said,
        )
    )


def _policies(low: str, own: Sequence[FactView], his: Sequence[FactView]) -> Iterator[SpeechClaim]:
    stems = _stems(own)
    theirs = _stems(his)
    words = {w for v in own for w in v.words}
    for match in _MODAL.finditer(low):
        verb = match[1]
        if verb in DOING | CONVERSATIONAL or verb in STOPS or _conditional(low, match.start()):
            continue
        if stem(verb) not in stems:
            yield SpeechClaim("policy", match[0], match.start(), match.end())
    for match in re.finditer(r"[a-z]+(?:-[a-z]+)*", low):
        word = match[0]
        if word in POLICY_WORDS and word not in words:
            yield SpeechClaim("policy", word, match.start(), match.end())
        elif is_action(word) and stem(word) not in stems and not _conditional(low, match.start()):
            if stem(word) in theirs and _HELP.search(_clause(low, match.start())):
                continue
            if word in {"confirm", "verify", "update"} and re.search(
                r"(?:\bto|let me|i'll|please)\s+$", low[: match.start()]
            ):
                continue
            yield SpeechClaim("policy", word, match.start(), match.end())
    for match in _LACKING.finditer(low):
        if match[1] not in _LACKED_ALOUD and stem(match[1]) not in stems and match[1] not in words:
            yield SpeechClaim("policy", match[0], match.start(), match.end())
    if re.search(r"\bfull refunds?\b", low) and "full" not in words:
        at = low.index("full refund")
        yield SpeechClaim("policy", "full refund", at, at + len("full refund"))


_LACKING = re.compile(r"\b(?:without|no)\s+(?:(?:a|an|any|the|your|extra|additional)\s+)?([a-z]{3,})")
_LACKED_ALOUD = frozenset(
    "problem problems worries worry rush hurry doubt longer one more need trouble idea delay".split()
)
"""After "no": nothing is said of the business."""


def _negations(low: str, own: Sequence[FactView], his: Sequence[FactView]) -> Iterator[SpeechClaim]:
    """Clauses whose sign is the opposite of the fact's clause that shares most of their words."""
    held = [clause for v in own for clause in v.clauses]
    if not held:
        return
    at = 0
    for part in split(low):
        start = low.index(part, at)
        at = start + len(part)
        if _conditional(low, start + 1):
            continue
        signs = polarities(part)
        for name, negated in signs.items():
            sharing = [clause for clause in held if name in clause]
            if not sharing:
                continue
            most = max(len(clause.keys() & signs.keys()) for clause in sharing)
            if not name.startswith("@") and most < 2:
                continue
            closest = [clause for clause in sharing if len(clause.keys() & signs.keys()) == most]
            if all(clause[name] != negated for clause in closest):
                yield SpeechClaim("negation", part, start, at)
                break


def _clause(low: str, at: int) -> str:
    begin = max((low.rfind(sign, 0, at) for sign in ",.;!?"), default=-1) + 1
    ends = [low.find(sign, at) for sign in ",.;!?"]
    return low[begin : min((end for end in ends if end >= 0), default=len(low))].strip()


def _conditional(low: str, at: int) -> bool:
    return bool(_CONDITION.match(_clause(low, at)))
