"""Which of the business's intents was meant: keywords and nearness of meaning; or none of them."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from agent.dialogue.business import Intent
from agent.dialogue.embeddings import Embedder, Vectors
from agent.dialogue.intent_head import NONE, IntentHead
from agent.dialogue.slots_digits import digit_runs, only_numbers

NEIGHBOURS = 3
KEYWORD_BONUS = 0.12
"""Added to the nearness of an intent whose keywords were all said."""
KEYWORD_FLOOR = 0.22
"""Nearness that keywords alone need; below it they stand in another matter's sentence."""
FIRST_FLOOR = 0.46
"""Nearness at which a `first` intent's keywords are enough: "the charger caught fire" has 0.51, "is there a
fire pit in stock" 0.34."""
FIRST_SCORE = 0.75
"""What they are worth: enough to leave an open question for."""
HEAD_WEIGHT = 0.7
"""What a trained head's certainty is worth beside the nearness; at its own threshold it changes nothing."""
TAUGHT_WEIGHT = 1.4
"""The same of a head that was trained together with its encoder: it knows better than the nearness."""
CERTAIN = 0.9
"""Probability from which such a head leaves no doubt, whatever else lies near."""
HEAD_NONE = 0.65
"""Nearness of an intent, with its keywords, from which a head speaks for none of them no longer: "My zip code
is 19901, where is my order?" is unlike what it was taught, and plain."""
WEAK_MALUS = 0.10
TUNING = ("slower", "faster", "louder", "quieter")
"""Actions that change the voice: done, then the last reply once more."""
TUNED = 0.62
"""Nearness, or a head's certainty, that they need where none of their keywords was said: "somebody is
following me" is no wish for another voice."""
SURE_MARGIN = 0.06
CONTRACTIONS = {
    "what's": "what is",
    "where's": "where is",
    "when's": "when is",
    "i'd": "i would",
    "i'm": "i am",
}
FILLERS = frozenset("um uh er erm hm hmm mm mhm ah eh well so like".split())
INTRODUCTION = re.compile(
    r"^\W*(?:(?:hello|hi|hey|good (?:morning|afternoon|evening)|yes|yeah|so|okay|well)\b[,.!\s]*)*"
    r"(?:(?:my name is|my name['’]s|the name is|the name['’]s)\s+(?:[\w'’-]+\s+){0,2}?[\w'’-]+"
    r"|this is\s+(?!(?:a|an|the|my|your|about|not|for|it|is)\b)(?:[\w'’-]+\s+){0,2}?[\w'’-]+"
    r"(?=\s+(?:speaking|calling|here)\b)"
    r"|this is\s+(?-i:[A-Z])[\w'’-]+(?:\s+(?-i:[A-Z])[\w'’-]+){0,2}(?=\s*,|\.|\s+and\b))"
    r"(?:\s+(?:speaking|calling|here))?(?:\s*[,.;]\s*(?:and\s+)?|\s+and\s+|\s+(?=(?:i|can|could|where|when|what|how)\b))",
    re.I,
)
"""Who calls, before what is wanted: "My name is Anna and ..."."""
INTERJECTION = re.compile(r"^\W*(?:(?:stop|wait|hold on|hang on|excuse me|sorry)\b\s*[,.!]+\s*)+", re.I)
"""What a caller says to be let in: "Stop, stop, when does it arrive?"."""
CUT = re.compile(r"[.?!;]+\s+|,?\s+\b(?:and also|and then|and|also|but)\b\s+", re.I)
_BEGINS = (
    r"(?:(?:and|also|then|so|please)\s+)*(?:where|when|what|how|which|who|why|can|could|would|will|do|does|did|"
    r"is|are|am|please|tell|i'd like|i would like|i want|i need|i have|give|let me know|book|cancel|track)\b"
)
COMMA = re.compile(rf",\s+(?={_BEGINS})", re.I)
"""A comma between wishes: what stands behind it begins like one."""
ASKS = re.compile(r"\W*(?:(?:and|so|well|okay|um|uh)\W+)*(?:how|what|when|where|why|do|does|is|are)\b", re.I)
BEGINS = re.compile(rf"\W*(?:(?:hi|hello|hey|yes|yeah|okay|ok|well|um|uh)\W+)*{_BEGINS}", re.I)
"""Of a wish, and of a question."""
PRONOUN = re.compile(
    r"(?<!that's )(?<!'s )(?<!forget )\b(?:it\b(?!['’])|(?:this|that) one\b"
    r"|(?:this|that)(?=\s*(?:again|please|now)?\s*[.?!]*$))",
    re.I,
)
PLAIN = 0.6
"""Score of a wish whose "it" is what was spoken of."""
MOST_WISHES = 4
MOST_PARTS = 8
CRIES = frozenset("help me us please somebody someone anybody oh god my now quick quickly".split())
"""All that stands in a cry for help, beside "help" said twice."""
LEAST_WORDS = 3
"""Of a wish among others."""


@dataclass(frozen=True, slots=True)
class Match:
    """What was meant. `name` is None where it's none of the intents."""

    name: str | None
    score: float
    """0..1: nearness to the examples, with the keywords' bonus. What a head adds turns the choice and isn't
    in it: what is made of a score means the same with a head and without."""
    sure: bool
    """Whether the next intent is far behind."""
    runner_up: str | None = None
    text: str = ""
    """The part of the sentence that says it, where the sentence has several wishes."""


class Intents:
    """Made once a business and shared by calls."""

    def __init__(
        self,
        intents: Mapping[str, Intent],
        embedder: Embedder,
        *,
        threshold: float,
        words: Mapping[str, Sequence[str]] | None = None,
        cache: Path | None = None,
        head: IntentHead | None = None,
        head_embedder: Embedder | None = None,
    ) -> None:
        """`words` are the alternatives of `{name}` in keywords, such as a choice's options.

        A `head` is asked beside the examples: it turns what lies between two, or between one and none.
        `head_embedder` makes its vectors where it was trained on others than the `embedder`'s.
        """
        self._head = head
        self._head_embedder = head_embedder or embedder
        self._taught = head is not None and head.adapter is not None
        self._intents = dict(intents)
        self._embedder = embedder
        self._threshold = threshold
        self._names = list(intents)
        self._none = np.array([intent.action == "none" for intent in intents.values()], bool)
        examples = [
            (place, text) for place, intent in enumerate(intents.values()) for text in intent.examples
        ]
        self._owner = np.array([place for place, _ in examples])
        self._vectors = embedder.embed_all([normal(text) for _, text in examples], cache)
        options = {name: tuple(normal(word) for word in said) for name, said in (words or {}).items()}
        self._keywords = [
            [_pattern(entry, options) for entry in intent.keywords] for intent in intents.values()
        ]

    def find(self, text: str, *, asked: bool = False) -> Match:
        """The intent of one wish. `asked`: something is asked for, so that `asked` intents count."""
        said = normal(wish_of(text))
        if (emergency := self.cried(text)) is not None:
            return Match(emergency, 1.0, True)
        if not re.search("[a-z]", said):
            return Match(None, 0.0, False)
        vector = self._embedder.embed(said)
        near = self._scores(said, vector)
        numbers = only_numbers(text)
        hidden = [(i.asked and not asked) or (i.first and numbers) for i in self._intents.values()]
        near[hidden] = 0.0
        chances = self._chances(said, vector)
        scores = np.where(hidden, 0.0, near + self._lift(chances, near))
        order = np.argsort(-scores)
        best, second = int(order[0]), int(order[1]) if len(order) > 1 else int(order[0])
        name, score = self._names[best], float(scores[best])
        rivals = ~self._none
        rivals[best] = False
        ahead = float(near[best] - near[rivals].max(initial=0.0))
        margin = min(score - float(scores[second]), ahead)
        plain = bool(margin > SURE_MARGIN or (self._taught and chances[best] >= CERTAIN))
        runner_up = self._names[second]
        if score < self._threshold or self._intents[name].action == "none":
            return Match(None, min(score, 1.0), plain, name)
        score = max(float(near[best]), self._threshold)
        return Match(name, min(score, 1.0), plain or score > 0.8, runner_up)

    def cried(self, text: str) -> str | None:
        """The `first` intent whose number ("nine one one") or cry for help is all that was said, or None."""
        words = normal(text).split()
        if words.count("help") > 1 and set(words) <= CRIES:
            return next((name for name, intent in self._intents.items() if intent.first), None)
        if not only_numbers(text):
            return None
        said = "".join(run.value for run in digit_runs(text))
        for name, intent in self._intents.items():
            if intent.first and any(said in entry.split() for entry in intent.keywords if said):
                return name
        return None

    def find_after(self, text: str, spoken_of: str, *, asked: bool = False) -> tuple[Match, ...]:
        """The wishes of `text`, in which "it" may stand for what was spoken of last: the plainer reading."""
        found = self.find_all(text, asked=asked)
        if not spoken_of or not PRONOUN.search(text):
            return found
        named = self.find_all(PRONOUN.sub(spoken_of, text, count=1), asked=asked)
        plainer = named[0].sure and named[0].score >= max(PLAIN, found[0].score - SURE_MARGIN)
        return named if plainer and len(named) >= len(found) else found

    def find_all(self, text: str, *, asked: bool = False) -> tuple[Match, ...]:
        """The wishes of a sentence in their order, a `first` one alone: one as a rule, more when each is
        plain."""
        text = wish_of(text)
        whole = self.find(text, asked=asked)
        cut = parts_of(text)
        parts = [part for part in cut if len(part.split()) >= LEAST_WORDS]
        if len(cut) < 2 or len(parts) > MOST_PARTS:
            return (whole,)
        if whole.name is not None and self._intents[whole.name].first:
            return (whole,)
        found: list[Match] = []
        for part in parts:
            match = self.find(part, asked=asked)
            if match.name is not None and self._intents[match.name].first and len(parts) > 1:
                return (match,)
            plain = match.name is not None and match.score >= self._threshold + 0.12
            if (
                plain
                and not self._intents[str(match.name)].weak
                and match.name not in [m.name for m in found]
            ):
                found.append(replace(match, text=part))
        torn = not whole.sure and [match.name for match in found] == [whole.runner_up]
        if len(found) >= 2 or (found and (whole.name is None or torn)):
            return tuple(found[:MOST_WISHES])
        return (whole,)

    def _scores(self, said: str, vector: Vectors) -> "np.ndarray":
        """Of each intent, shape (intents,): its nearness with what its keywords add."""
        nearness = self._vectors @ vector
        scores = np.zeros(len(self._names), dtype=np.float64)
        words = set(said.split())
        for place, name in enumerate(self._names):
            near = np.sort(nearness[self._owner == place])[::-1][:NEIGHBOURS]
            score = float(0.7 * near[0] + 0.3 * near.mean())
            strength = max((entry.strength(words, said) for entry in self._keywords[place]), default=0)
            enough = bool(strength) and self._intents[name].first and score >= FIRST_FLOOR
            if strength and score >= KEYWORD_FLOOR:
                score = max(score, self._threshold - KEYWORD_BONUS) + KEYWORD_BONUS + 0.02 * strength
            if enough:
                score = max(score, FIRST_SCORE)
            if not strength and self._intents[name].action in TUNING and score < TUNED:
                score = min(score, self._threshold - SURE_MARGIN)
            if self._intents[name].weak and len(words) > 4:
                score -= WEAK_MALUS
            scores[place] = score
        return scores

    def _chances(self, said: str, vector: Vectors) -> "np.ndarray":
        """The head's probability of each intent, shape (intents,): its threshold, which changes nothing,
        where it knows nothing of an intent. Those that mean none share one."""
        if self._head is None:
            return np.zeros(len(self._names))
        if self._head_embedder is not self._embedder:
            vector = self._head_embedder.embed(said)
        known = dict(zip(self._head.labels, self._head.probabilities(vector[None])[0], strict=True))
        labels = [NONE if none else name for none, name in zip(self._none, self._names, strict=True)]
        return np.array([known.get(label, self._head.threshold) for label in labels])

    def _lift(self, chances: "np.ndarray", near: "np.ndarray") -> "np.ndarray":
        """What the head's probabilities add to each intent's nearness, all of shape (intents,). It never
        outweighs a `first` intent that is surely meant, and finds one by itself only where it is certain."""
        if self._head is None:
            return np.zeros(len(self._names))
        even = self._head.threshold
        weight = TAUGHT_WEIGHT if self._taught else HEAD_WEIGHT
        lift = weight * (chances - even)
        for place, intent in enumerate(self._intents.values()):
            enough = FIRST_SCORE if intent.first else self._threshold
            doubtful = intent.action in TUNING and chances[place] < TUNED
            certain = self._taught and chances[place] >= CERTAIN
            if near[place] < enough and ((intent.first and not certain) or doubtful):
                lift[place] = min(lift[place], 0.0)
            if intent.first and near[place] < FIRST_FLOOR + SURE_MARGIN and chances[place] < even:
                lift[place] = -SURE_MARGIN - weight * even
        if near[~self._none].max(initial=0.0) >= HEAD_NONE:
            lift[self._none] = np.minimum(lift[self._none], 0.0)
        for place, intent in enumerate(self._intents.values()):
            if intent.first and near[place] >= FIRST_SCORE:
                lift[place] = lift.max()
        return lift


@dataclass(frozen=True, slots=True)
class _Entry:
    words: tuple[str, ...]
    choices: tuple[tuple[str, ...], ...]

    def strength(self, said: set[str], text: str) -> int:
        """How many words fit when all do, else 0."""
        for word in self.words:
            if word.endswith("*"):
                if not any(other.startswith(word[:-1]) for other in said):
                    return 0
            elif word not in said:
                return 0
        for options in self.choices:
            if not any(option in text for option in options):
                return 0
        return len(self.words) + len(self.choices)


def _pattern(entry: str, options: Mapping[str, tuple[str, ...]]) -> _Entry:
    words: list[str] = []
    choices: list[tuple[str, ...]] = []
    for word in entry.split():
        if word.startswith("{") and word.endswith("}"):
            choices.append(options.get(word[1:-1], ()))
        else:
            words += [word] if word.endswith("*") else normal(word).split()
    return _Entry(tuple(words), tuple(choices))


def listener(intent: Intent) -> Callable[[str], bool]:
    """Hears whether words hold one of the intent's keywords, whatever else they ask for."""
    entries = [_pattern(entry, {}) for entry in intent.keywords]

    def heard(text: str) -> bool:
        said = normal(text)
        words = set(said.split())
        return any(entry.strength(words, said) for entry in entries)

    return heard


def parts_of(text: str) -> list[str]:
    """`text` cut between its wishes. "If I order today, when does it come" is one."""
    parts: list[str] = []
    for part in CUT.split(text):
        among = COMMA.split(part)
        parts += among if all(BEGINS.match(one) for one in among) else [part]
    return parts


def wish_of(text: str) -> str:
    """`text` without who calls, where more follows: "My name is Anna and I'd like to know my bill"."""
    rest = INTRODUCTION.sub("", INTERJECTION.sub("", text, count=1), count=1)
    return rest if len(rest.split()) >= 2 else text


def says_something(text: str) -> bool:
    """Whether there's a word beside "um" and its like."""
    return any(word not in FILLERS for word in normal(text).split())


def normal(text: str) -> str:
    """Lower case, without punctuation, contractions of questions written out."""
    low = text.lower().replace("’", "'")
    for short, long in CONTRACTIONS.items():
        low = re.sub(rf"\b{short}\b", long, low)
    return " ".join(re.findall(r"[a-z0-9']+", low))
