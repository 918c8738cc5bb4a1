"""The same rows as other callers would ask: politely, curtly, as a learner of English, or misheard. Pure.

Only the caller's last words change; what is to be said, and the right reply, stay. Each change is a fixed
rule, and a draw where there is one hangs on the row's id alone, so every run sees the same words.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from agent.llm.protocol import Message
from finetune.data.rows import Row
from finetune.evaluate.faithfulness import caller

SHORT_WORDS = 5
LONG_WORDS = 14
_POLITE = (
    ("Hello, ", ", please. Thank you very much."),
    ("Good morning. Excuse me, ", ", if you would be so kind."),
    ("Hi, sorry to bother you, ", ", please."),
)
_MANNERS = re.compile(
    r"\b(?:hello|hi|hey|good (?:morning|afternoon|evening)|excuse me|please|kindly|"
    r"thank you(?: very much| so much)?|thanks(?: a lot)?|sorry to bother you|"
    r"if you (?:don't mind|would be so kind)|"
    r"(?:could|can|would) you (?:please )?(?:tell me|help me with)|i would like to|i'd like to)\b[,.!]?\s*",
    re.I,
)
_LEARNER = (
    (r"\b(?:the|a|an)\s+", ""),
    (r"\b(?:i am|i'm) looking for\b", "I search"),
    (r"\bi(?:'d| would) like to\b", "I am wanting to"),
    (r"\bi want to\b", "I am wanting to"),
    (r"\bi (?:need|have) to\b", "I must to"),
    (r"\b(?:could|can|would) you\b", "you can"),
    (r"\bhow (?:much|many)\b", "how much of"),
    (r"\bwhere is\b", "where it is"),
    (r"\bwhen (?:is|will|does)\b", "when"),
    (r"\bwhat(?:'s| is)\b", "which is"),
    (r"\bdoes(?:n't| not)\b", "no"),
    (r"\b(?:don't|do not)\b", "no"),
    (r"\bdid\b", "was"),
    (r"\bhas\b", "have"),
    (r"\bis\b", "are"),
    (r"\binformation\b", "informations"),
    (r"\b(\w{4,})ed\b", r"\1"),
    (r"\bon (monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b", r"at \1"),
)
"""Articles left out, tenses and questions as they stand in many first languages."""
_MISHEARD = {
    "order": "older", "bill": "bell", "two": "to", "to": "two", "for": "four", "four": "for", "where": "wear",
    "there": "their", "their": "there", "your": "you're", "right": "write", "buy": "by", "by": "bye",
    "hear": "here", "here": "hear", "know": "no", "mail": "male", "meter": "meat her", "week": "weak",
    "weather": "whether", "fare": "fair", "due": "do", "flight": "fright", "price": "prize", "book": "brook",
    "train": "terrain", "phone": "fun", "return": "we turn", "jacket": "check it", "shipped": "chipped",
    "appointment": "a pointment", "doctor": "dock to", "payment": "pay man", "account": "a count",
    "alarm": "a lamb", "movie": "moving", "ticket": "thicket", "hotel": "hostel", "find": "fined",
    "new": "knew", "would": "wood", "one": "won", "send": "sand", "message": "massage", "which": "witch",
    "balance": "ballads", "time": "dime", "day": "they", "water": "what are", "name": "aim", "help": "held",
}  # fmt: skip
"""Words that sound alike, as a recogniser of telephone speech writes them."""
_MOST_MISHEARD = 2


def variants(row: Row) -> Mapping[str, Row]:
    """The row for each group that it has a wording in; empty where the caller said nothing."""
    said = caller(row)
    if not said:
        return {}
    changed = {name: change(said, row.id) for name, change in _CHANGES.items()}
    return {
        "as it is": row,
        **{name: _asking(row, said, words) for name, words in changed.items() if words != said},
    }


def length_group(row: Row) -> str | None:
    """How much the caller said: short, middling or long; None for nothing."""
    words = len(caller(row).split())
    if not words:
        return None
    return "short" if words <= SHORT_WORDS else "long" if words >= LONG_WORDS else "middling"


def polite(said: str, row_id: str) -> str:
    """With a greeting and a please around it."""
    before, after = _POLITE[_drawn(row_id, len(_POLITE))]
    bare = curt(said, row_id).rstrip(".?! ")
    first = bare if bare[:2] in ("I ", "I'") else bare[:1].lower() + bare[1:]
    return f"{before}{first}{after}"


def curt(said: str, row_id: str) -> str:
    """Without greeting, please and thanks; as it is where nothing is left."""
    bare = re.sub(r"\s+", " ", _MANNERS.sub("", said)).strip(" ,")
    bare = re.sub(r"[\s,]+([.?!])", r"\1", bare)
    return bare if re.search(r"\w", bare) else said


def learner(said: str, row_id: str) -> str:
    """As one whose English is new."""
    for pattern, wording in _LEARNER:
        said = re.sub(pattern, wording, said, flags=re.I)
    return re.sub(r"\s+", " ", said).strip()


def misheard(said: str, row_id: str) -> str:
    """In small letters without marks, two words taken for others that sound like them."""
    words = re.sub(r"[^\w' ]", " ", said.lower()).split()
    places = [place for place, word in enumerate(words) if word in _MISHEARD]
    start = _drawn(row_id, len(places)) if places else 0
    for place in (places[start:] + places[:start])[:_MOST_MISHEARD]:
        words[place] = _MISHEARD[words[place]]
    return " ".join(words)


_CHANGES: Mapping[str, Callable[[str, str], str]] = {
    "polite": polite,
    "curt": curt,
    "learner's English": learner,
    "misheard": misheard,
}


def _drawn(row_id: str, count: int) -> int:
    return int.from_bytes(hashlib.sha256(row_id.encode()).digest()[:4], "big") % count


def _asking(row: Row, said: str, words: str) -> Row:
    last = row.prompt[-1]
    content = last.content.replace(f"Caller: {said}", f"Caller: {words}", 1)
    return replace(row, messages=(*row.prompt[:-1], Message(last.role, content), row.messages[-1]))
