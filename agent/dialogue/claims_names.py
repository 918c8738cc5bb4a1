"""Names that a sentence has and no fact does. Pure."""

import re
from collections.abc import Collection, Iterator, Sequence

from agent.dialogue.calendar_days import MONTHS, WEEKDAYS
from agent.dialogue.claims_facts import FactView
from agent.dialogue.claims_said import Said
from agent.dialogue.claims_words import is_action

_NAME = re.compile(r"\b[A-Z][a-zA-Z'’-]*[a-z][a-zA-Z'’-]*|\b[A-Z]{2,}\b")
_NOT_NAMES = frozenset(
    "i i'm i'll i've i'd ok okay am pm a us pin id pdf url usb faq vat mr mrs ms miss dr sir madam "
    "english monday zip"
    " tv sms".split()
) | set(MONTHS) | set(WEEKDAYS) | {f"{day}s" for day in WEEKDAYS}  # fmt: skip
_TITLES = {"mr": "mr", "mister": "mr", "mrs": "ms", "ms": "ms", "miss": "ms", "dr": "dr", "doctor": "dr"}
_TITLED = re.compile(rf"\b({'|'.join(_TITLES)})\.?\s+([a-z][\w'’-]+)")
_VOCATIVE = re.compile(
    r"^(?:thanks|thank you|hello|hi|sorry|okay|sure|great|alright|of course|certainly)\b", re.I
)


def names(
    text: str, own: Sequence[FactView], his: Sequence[FactView], known: Collection[str], returned: bool
) -> Iterator[Said]:
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
        yield Said("name", match[0], *match.span(), why="no fact has this name")
    low = text.lower()
    for match in _TITLED.finditer(low):
        held = {_TITLES[m[1]] for v in own for m in _TITLED.finditer(v.text.lower()) if m[2] == match[2]}
        if held and _TITLES[match[1]] not in held:
            yield Said("name", text[slice(*match.span(1))], *match.span(1), why="a fact has another title")
    for name in known:
        words = re.findall(r"[a-z]+", name.lower())
        if not words or not all(w in low for w in words):
            continue
        found = re.search(rf"\b{re.escape(name.lower())}\b", low)
        if found and not any(set(words) <= v.words for v in [*own, *(his if returned else ())]):
            yield Said("name", found[0], *found.span(), why="no fact of this turn has this name")


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
