"""Approved phrases filled with facts: the only place where a fact's value becomes a sentence."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date as Date

from agent.dialogue import claims
from agent.dialogue.business import Business, ValueKind
from agent.dialogue.opening_hours import regular_hours
from agent.dialogue.protocol import Fact, Kind, Sentence
from agent.dialogue.speech_text import format_value, spoken, spoken_value


@dataclass(frozen=True, slots=True)
class Value:
    """A fact with its type, so that it can be written and spoken."""

    name: str
    raw: str
    kind: ValueKind
    source: str

    @property
    def written(self) -> str:
        return format_value(self.raw, self.kind)

    @property
    def fact(self) -> Fact:
        return Fact(self.name, self.written, self.source)


Values = Mapping[str, Value]


class Phrasebook:
    """A business's phrases, and what it knows of itself. Shared by its calls."""

    def __init__(self, business: Business) -> None:
        self._phrases = business.phrases
        profile = business.profile
        known = [
            Value(name, fact.value, fact.kind, f"business.facts.{name}")
            for name, fact in profile.facts.items()
        ]
        if profile.hours:
            known.append(Value("regular_hours", regular_hours(profile), "text", "business.hours"))
        if profile.human.phone:
            known.append(Value("human_phone", profile.human.phone, "phone", "business.human.phone"))
        self.known: Values = {value.name: value for value in known}
        self._pronounced = [
            (re.compile(rf"\b{re.escape(word.word)}\b", re.I), word.say)
            for word in profile.hot_words
            if word.say is not None
        ]
        self.greeting = tuple(
            Sentence(text, self.voice(text), "social", "approved", phrase=f"greeting.{place}")
            for place, text in enumerate(profile.greeting)
        )
        self._static = {
            phrase_id: sentence
            for phrase_id, phrase in business.phrases.items()
            if all(name in self.known for name in phrase.names)
            and (sentence := self._fill(phrase_id, {})) is not None
        }
        self._static = {key: replace(sentence, verdict="approved") for key, sentence in self._static.items()}

    @property
    def fixed(self) -> tuple[str, ...]:
        """Spoken forms that never change: greeting first."""
        said = [sentence.spoken for sentence in (*self.greeting, *self._static.values())]
        return tuple(dict.fromkeys(said))

    def __contains__(self, phrase_id: str) -> bool:
        return phrase_id in self._phrases

    def kind(self, phrase_id: str) -> Kind | None:
        """What kind of sentence a phrase is; None for one that isn't there."""
        phrase = self._phrases.get(phrase_id)
        return phrase.kind if phrase is not None else None

    def text(self, phrase_id: str) -> str:
        """As the business wrote it, with `{names}`; empty for one that isn't there."""
        phrase = self._phrases.get(phrase_id)
        return phrase.text if phrase is not None else ""

    def names(self, phrase_id: str) -> tuple[str, ...]:
        return self._phrases[phrase_id].names

    def say(
        self,
        phrase_id: str,
        values: Values | None = None,
        also: Iterable[str] = (),
        today: Date | None = None,
    ) -> Sentence | None:
        """The phrase filled with `values`; None where one of its names has no value. The year of a date
        near `today` is written, not spoken.

        `also` are names of facts that the phrase's words rest on without naming them (a status).
        """
        if phrase_id in self._static and not any(name in (values or {}) for name in also):
            return self._static[phrase_id]
        return self._fill(phrase_id, values or {}, also, today)

    def fill_text(self, text: str, values: Values) -> str | None:
        """`text` with its `{names}` written out; None where one has no value."""
        known = {**self.known, **values}
        names = re.findall(r"\{([a-z][a-z0-9_]*)\}", text)
        if any(name not in known for name in names):
            return None
        return re.sub(r"\{([a-z][a-z0-9_]*)\}", lambda match: known[match[1]].written, text)

    def speak_text(self, text: str, values: Values, today: Date | None = None) -> str:
        """Spoken form of `text`, its `{names}` spoken by their types."""
        known = {**self.known, **values}
        filled = re.sub(
            r"\{([a-z][a-z0-9_]*)\}",
            lambda match: spoken_value(known[match[1]].raw, known[match[1]].kind, today=today),
            text,
        )
        return self.voice(filled)

    def voice(self, text: str) -> str:
        """Spoken form of a written text, with the business's own pronunciations."""
        for pattern, say in self._pronounced:
            text = pattern.sub(say, text)
        return spoken(text)

    def _fill(
        self, phrase_id: str, values: Values, also: Iterable[str] = (), today: Date | None = None
    ) -> Sentence | None:
        phrase = self._phrases.get(phrase_id)
        if phrase is None:
            return None
        written = self.fill_text(phrase.text, values)
        if written is None:
            return None
        known = {**self.known, **values}
        used = dict.fromkeys((*phrase.names, *(name for name in also if name in values)))
        text = written[:1].upper() + written[1:]
        facts = tuple(known[name].fact for name in used)
        return Sentence(
            text=text,
            spoken=self.speak_text(phrase.text, values, today),
            kind=phrase.kind,
            verdict="template",
            facts=facts,
            phrase=phrase_id,
            claims=claims.stated(text, facts, f"phrase ({phrase_id})", today),
        )
