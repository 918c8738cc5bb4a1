"""Reads a grammar of llama.cpp (GBNF) and follows it letter by letter: for an engine that has none.

Format: llama.cpp's grammars/README.md. Rules, texts, classes of letters, groups, `|`, `*`, `+`, `?`, `{m,n}`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

DEEPEST = 64
"""Rules within rules before a letter; more is a rule that begins with itself."""
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_TOKEN = re.compile(
    r"""\s+|\#[^\n]*
    |(?P<name>[A-Za-z][A-Za-z0-9-]*)(?P<defines>\s*::=)?
    |(?P<text>"(?:[^"\\]|\\.)*")
    |(?P<letters>\[(?:[^\]\\]|\\.)*\])
    |\{(?P<least>\d+)(?P<comma>,)?(?P<most>\d*)\}
    |(?P<sign>[|()*+?.])""",
    re.X | re.S,
)
_LETTER = re.compile(r"\\(?:x(?P<x>[0-9a-fA-F]{2})|u(?P<u>[0-9a-fA-F]{4})|(?P<e>.))|(?P<c>.)", re.S)


class GbnfError(ValueError):
    """Not a grammar; the text says where."""


@dataclass(frozen=True, slots=True)
class Letters:
    """One letter out of ranges, or one that is in none of them."""

    ranges: tuple[tuple[str, str], ...]
    others: bool = False

    def has(self, letter: str) -> bool:
        return any(low <= letter <= high for low, high in self.ranges) != self.others


@dataclass(frozen=True, slots=True)
class Rule:
    """What another rule says."""

    name: str


Part = Letters | Rule
Stack = tuple[Part, "Stack"] | None  # type: ignore[misc]
"""What is still to come; None is the end."""
State = frozenset[Stack]
"""All ways on. With None in it the text may end here."""


class Grammar:
    """A grammar's rules. `start`, then `after` for what is written."""

    def __init__(self, source: str) -> None:
        """Raises `GbnfError`."""
        self._rules = _Reader(source).rules
        if "root" not in self._rules:
            raise GbnfError("there is no rule named root")
        for alternatives in self._rules.values():
            for part in (part for alternative in alternatives for part in alternative):
                if isinstance(part, Rule) and part.name not in self._rules:
                    raise GbnfError(f"there is no rule named {part.name}")
        self.start: State = frozenset(self._unfolded((Rule("root"), None), 0))

    def after(self, state: State, text: str) -> State:
        """The state after `text`; empty where the grammar doesn't allow it."""
        for letter in text:
            reached: set[Stack] = set()
            for stack in state:
                if stack is not None and isinstance(stack[0], Letters) and stack[0].has(letter):
                    reached.update(self._unfolded(stack[1], 0))
            state = frozenset(reached)
            if not state:
                break
        return state

    def _unfolded(self, stack: Stack, depth: int) -> Iterator[Stack]:
        """The stacks that begin with a letter, of one that may begin with a rule."""
        if depth > DEEPEST:
            raise GbnfError("a rule begins with itself")
        if stack is None or isinstance(stack[0], Letters):
            yield stack
            return
        for alternative in self._rules[stack[0].name]:
            rest = stack[1]
            for part in reversed(alternative):
                rest = (part, rest)
            yield from self._unfolded(rest, depth + 1)


class _Reader:
    """Rules by name: alternatives, each a sequence. What repeats becomes a rule of its own."""

    def __init__(self, source: str) -> None:
        self.rules: dict[str, list[list[Part]]] = {}
        self._tokens = list(_tokens(source))
        self._at = 0
        while self._at < len(self._tokens):
            token = self._take()
            if not token["defines"]:
                raise GbnfError(f"a rule begins with its name and ::=, not with {token[0].strip()!r}")
            self.rules[token["name"]] = self._alternatives()

    def _next(self) -> "re.Match[str] | None":
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _take(self) -> "re.Match[str]":
        self._at += 1
        return self._tokens[self._at - 1]

    def _alternatives(self) -> list[list[Part]]:
        alternatives = [self._sequence()]
        while (token := self._next()) is not None and token["sign"] == "|":
            self._take()
            alternatives.append(self._sequence())
        return alternatives

    def _sequence(self) -> list[Part]:
        parts: list[Part] = []
        while (
            (token := self._next()) is not None and not token["defines"] and token["sign"] not in ("|", ")")
        ):
            self._take()
            parts += self._repeated(self._one(token))
        return parts

    def _one(self, token: "re.Match[str]") -> list[Part]:
        if token["name"]:
            return [Rule(token["name"])]
        if token["text"]:
            return [Letters(((letter, letter),)) for letter in _letters(token["text"][1:-1])]
        if token["letters"]:
            return [_class(token["letters"][1:-1])]
        if token["sign"] == ".":
            return [Letters((), others=True)]
        if token["sign"] == "(":
            alternatives = self._alternatives()
            if (end := self._next()) is None or end["sign"] != ")":
                raise GbnfError("a ( has no )")
            self._take()
            return [self._own(alternatives)]
        raise GbnfError(f"{token[0]!r} has nothing before it")

    def _repeated(self, parts: list[Part]) -> list[Part]:
        token = self._next()
        if token is None:
            return parts
        if token["least"] is not None:
            self._take()
            least = int(token["least"])
            most = None if token["comma"] and not token["most"] else int(token["most"] or least)
        elif token["sign"] in ("*", "+", "?"):
            self._take()
            least, most = {"*": (0, None), "+": (1, None), "?": (0, 1)}[token["sign"]]
        else:
            return parts
        if most is None:
            again = self._own([])
            self.rules[again.name] += [[*parts, again], []]
            return [*parts * least, again]
        tail: list[Part] = []
        for _ in range(most - least):
            tail = [self._own([[*parts, *tail], []])]
        return [*parts * least, *tail]

    def _own(self, alternatives: list[list[Part]]) -> Rule:
        rule = Rule(f"#{len(self.rules)}")
        self.rules[rule.name] = alternatives
        return rule


def _tokens(source: str) -> Iterator["re.Match[str]"]:
    at = 0
    while at < len(source):
        found = _TOKEN.match(source, at)
        if found is None:
            raise GbnfError(f"{source[at : at + 20]!r} is no part of a grammar")
        if found.lastgroup is not None:
            yield found
        at = found.end()


def _letters(text: str) -> list[str]:
    return [_letter(found) for found in _LETTER.finditer(text)]


def _letter(found: "re.Match[str]") -> str:
    if code := found["x"] or found["u"]:
        return chr(int(code, 16))
    return _ESCAPES.get(found["e"], found["e"]) if found["e"] else found["c"]


def _class(inside: str) -> Letters:
    others = inside.startswith("^")
    found = list(_LETTER.finditer(inside[others:]))
    ranges, at = [], 0
    while at < len(found):
        low = high = _letter(found[at])
        if at + 2 < len(found) and found[at + 1][0] == "-":
            high = _letter(found[at + 2])
            at += 2
        ranges.append((low, high))
        at += 1
    return Letters(tuple(ranges), others)
