"""What the files of a business say of each other: names that must be there, and examples that collide."""

import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from agent.dialogue.business import REQUIRED_PHRASES, Business, BusinessError
from agent.dialogue.loader_claims import phrase_claims, vows
from agent.dialogue.loader_files import nearest
from agent.dialogue.loader_lines import Lines
from agent.dialogue.loader_tools import COMPUTED, identify_references, slot_references, tool_references
from agent.dialogue.schemas import FILES

Keys = tuple[str | int, ...]


class References:
    """The references of one business. `broken` are names that are there but wrong in themselves."""

    def __init__(self, folder: Path, business: Business, broken: Collection[str]) -> None:
        self._folder = folder
        self._business = business
        self._broken = broken
        self._lines = {name: Lines((folder / name).read_text("utf-8")) for name in FILES}

    def wrong(self, file: str, keys: Keys, said: str, at: str = "") -> BusinessError:
        """A mistake at `keys`, in the line there that holds `at`."""
        line = self._lines[file].within(keys, at) if at else self._lines[file].of(keys)
        name = ".".join(str(key) for key in keys if isinstance(key, str))
        error = BusinessError(f"{self._folder / file}:{line}: {name}: {said}.")
        error.keys = keys
        return error

    def unknown(self, file: str, keys: Keys, name: str, what: str, known: Iterable[str]) -> BusinessError:
        """A name that isn't there; the nearest that is."""
        near = nearest(name, known)
        hint = f"did you mean '{near}'?" if near else f"add it to the {what}s"
        return self.wrong(file, keys, f"there's no {what} '{name}': {hint}".rstrip("?."), at=f'"{name}"')

    def found(self) -> Iterator[BusinessError]:
        """Every mistake, without those that only follow from a broken entry."""
        for error in self._all():
            if not any(re.search(rf"['{{:]{re.escape(name)}\b", str(error)) for name in self._broken):
                yield error

    def _all(self) -> Iterator[BusinessError]:
        business = self._business
        for needed in REQUIRED_PHRASES:
            if needed not in business.phrases and needed not in self._broken:
                yield self.wrong("phrases.toml", (needed,), "this phrase is needed in every call: add it")
        yield from self._categories()
        yield from self._intents()
        yield from self._callback()
        for slot_id, slot in business.slots.items():
            yield from slot_references(business, slot_id, slot, self.wrong, self.unknown)
        yield from identify_references(business, self.wrong, self.unknown)
        for tool_id, tool in business.tools.items():
            yield from tool_references(business, tool_id, tool, self.wrong, self.unknown)
        yield from self._examples()
        for file, keys, _, found in phrase_claims(business):
            yield self.wrong(file, keys, f"'{found.text}' is proven by no fact: {found.advice}")

    def to_confirm(self) -> Iterator[BusinessError]:
        """Promises that only the owner can vouch for: nothing is wrong with them."""
        for phrase_id, words in vows(self._business):
            said = f"'{words}' is promised in so many words: write promise = true if you vouch for it"
            yield self.wrong("phrases.toml", (phrase_id, "text"), said)

    def _categories(self) -> Iterator[BusinessError]:
        known = self._business.profile.categories
        for phrase_id, phrase in self._business.phrases.items():
            if phrase.category not in known and "categories" not in self._broken:
                near = nearest(phrase.category, known)
                hint = f" (did you mean '{near}'?)" if near else ""
                said = f"'{phrase.category}' is no category of this business{hint}: write one of: "
                yield self.wrong("phrases.toml", (phrase_id, "category"), said + "; ".join(known))

    def _intents(self) -> Iterator[BusinessError]:
        business = self._business
        for intent_id, intent in business.intents.items():
            if intent.tool is not None and intent.tool not in business.tools:
                yield self.unknown("intents.toml", (intent_id, "tool"), intent.tool, "tool", business.tools)
            for phrase_id in intent.say:
                at = (intent_id, "say")
                phrase = business.phrases.get(phrase_id)
                if phrase is None:
                    yield self.unknown("intents.toml", at, phrase_id, "phrase", business.phrases)
                    continue
                known = (*business.profile.facts, *COMPUTED)
                for name in phrase.names:
                    if name not in known:
                        near = nearest(name, known)
                        hint = f"did you mean {{{near}}}?" if near else "write it into [facts]"
                        said = f"phrase '{phrase_id}' names {{{name}}}, which no fact gives: {hint}"
                        yield self.wrong("intents.toml", at, said.rstrip("?"), at=f'"{phrase_id}"')

    def _callback(self) -> Iterator[BusinessError]:
        business = self._business
        if (back := business.profile.human.callback) is not None:
            tool = business.tools.get(str(business.intents[back].tool)) if back in business.intents else None
            if tool is None or tool.write is None or not tool.slots:
                said = f"'{back}' is no intent of a tool with a slot for the number and a [write]"
                yield self.wrong("business.toml", ("human", "callback"), said)

    def _examples(self) -> Iterator[BusinessError]:
        """The same example in two intents: which of them is meant can't be told."""
        seen: dict[str, str] = {}
        for intent_id, intent in self._business.intents.items():
            for place, example in enumerate(intent.examples):
                words = " ".join(re.findall(r"\w+(?:'\w+)*", example.lower()))
                other = seen.setdefault(words, intent_id)
                if other != intent_id:
                    said = f"'{example}' is an example of '{other}' too: leave it in one of them"
                    yield self.wrong("intents.toml", (intent_id, "examples", place), said)


def references(folder: Path, business: Business, broken: Collection[str]) -> Iterator[BusinessError]:
    """Every mistake in what the files of `folder` say of each other."""
    return References(folder, business, broken).found()
