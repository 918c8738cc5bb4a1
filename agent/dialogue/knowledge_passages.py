"""A business's documents cut into passages: Markdown by heading, long sections by paragraph."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

LONGEST_WORDS = 120
"""Words of a passage; a longer section is cut between its paragraphs."""
LONGEST_JOINED = 25
"""Words of a list that is read as one sentence."""
NAME = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:[A-Z]|Mr|Mrs|Ms|Dr|St|Ave|No|Inc|Ltd|vs|e\.g|i\.e|a\.m|p\.m|approx|incl)\.$"
)
_END = re.compile(r"[.!?][\"'”’)]*\s+(?=[\"'“‘(]?[A-Z0-9])")
_STOP = re.compile(r"[.!?][\"'”’)]*$")


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of a document."""

    text: str
    line: int
    """Of the document, from 1."""


@dataclass(frozen=True, slots=True)
class Passage:
    """What stands under one heading, or a part of it. `statements` is never empty."""

    document: str
    """The file's name, such as `returns.md`."""
    headings: tuple[str, ...]
    """From the document's title down."""
    statements: tuple[Statement, ...]
    asked: tuple[str, ...] = ()
    """Questions that it answers, as its author thinks callers ask them (`> Can I park?`); never said."""

    @property
    def line(self) -> int:
        return self.statements[0].line

    @property
    def text(self) -> str:
        return " ".join(statement.text for statement in self.statements)

    @property
    def heading(self) -> str:
        """The heading that it stands under; empty where there's none."""
        return self.headings[-1] if self.headings else ""


@dataclass(slots=True)
class _Section:
    headings: tuple[str, ...] = ()
    paragraphs: list[list[Statement]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


def passages(document: str, markdown: str, facts: Mapping[str, str] | None = None) -> tuple[Passage, ...]:
    """The passages of a document in their order. `{name}` is filled from `facts`, where it's one of them."""
    known = facts or {}
    filled = NAME.sub(lambda match: known.get(match[1], match[0]), markdown)
    found = []
    for section in _sections(MarkdownIt("commonmark").enable("table").parse(filled)):
        for statements in _cut(section.paragraphs):
            found.append(Passage(document, section.headings, statements, tuple(section.asked)))
    return tuple(found)


def unknown_names(markdown: str, facts: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """Line (from 1) and name of each `{name}` that is none of `facts`."""
    for number, line in enumerate(markdown.splitlines(), 1):
        for match in NAME.finditer(line):
            if match[1] not in facts:
                yield number, match[1]


def sentences(text: str) -> list[str]:
    """`text` cut into its sentences; "Dr. Kim" and "9 a.m." are no ends."""
    cuts = [0]
    for match in _END.finditer(text):
        if not _ABBREVIATION.search(text[: match.start() + 1]):
            cuts.append(match.end())
    return [text[start:end].strip() for start, end in pairwise([*cuts, len(text)]) if text[start:end].strip()]


def _sections(tokens: Sequence[Token]) -> Iterator[_Section]:
    section = _Section()
    place = 0
    while place < len(tokens):
        token = tokens[place]
        if token.type == "heading_open":
            if section.paragraphs:
                yield section
            level = int(token.tag[1:])
            title = _plain(tokens[place + 1])
            section = _Section((*section.headings[: level - 1], title))
            place += 3
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            end = _closing(tokens, place)
            _add_list(section, tokens[place + 1 : end])
            place = end + 1
        elif token.type == "blockquote_open":
            end = _closing(tokens, place)
            inner = [one for one in tokens[place + 1 : end] if one.type == "inline"]
            section.asked += [line for one in inner for text in _lines(one) for line in sentences(text)]
            place = end + 1
        elif token.type == "table_open":
            end = _closing(tokens, place)
            section.paragraphs.append(list(_rows(tokens[place + 1 : end])))
            place = end + 1
        else:
            if token.type == "inline" and (said := _statements(token)):
                section.paragraphs.append(said)
            place += 1
    if section.paragraphs:
        yield section


def _closing(tokens: Sequence[Token], place: int) -> int:
    """Where the block that opens at `place` closes."""
    opened = tokens[place]
    wanted = opened.type.replace("_open", "_close")
    return next(
        n
        for n in range(place + 1, len(tokens))
        if tokens[n].type == wanted and tokens[n].level == opened.level
    )


def _cut(paragraphs: Sequence[Sequence[Statement]]) -> Iterator[tuple[Statement, ...]]:
    """Paragraphs packed into passages of at most `LONGEST_WORDS`; a paragraph stays whole."""
    held: list[Statement] = []
    for paragraph in paragraphs:
        if held and _words([*held, *paragraph]) > LONGEST_WORDS:
            yield tuple(held)
            held = []
        held += paragraph
    if held:
        yield tuple(held)


def _words(statements: Sequence[Statement]) -> int:
    return sum(len(statement.text.split()) for statement in statements)


def _lines(token: Token) -> list[str]:
    """The text of an inline token, a line an item, without its marks."""
    lines = [""]
    for child in token.children or ():
        if child.type in ("softbreak", "hardbreak"):
            lines.append("")
        elif child.type in ("text", "code_inline") or child.type == "image":
            lines[-1] += child.content
    return lines


def _plain(token: Token) -> str:
    return " ".join(" ".join(_lines(token)).split())


def _statements(token: Token) -> list[Statement]:
    """The sentences of a paragraph, each with the line that it begins on."""
    first = (token.map[0] if token.map else 0) + 1
    whole, begins = "", []
    for line in _lines(token):
        begins.append(len(whole))
        whole += " ".join(line.split()) + " "
    found, at = [], 0
    for sentence in sentences(whole):
        at = whole.index(sentence, at)
        offset = sum(1 for begin in begins if begin <= at) - 1
        found.append(Statement(sentence, first + offset))
        at += len(sentence)
    return found


def _add_list(section: _Section, tokens: Sequence[Token]) -> None:
    """A list's items: whole sentences stand alone, words are read with what leads up to them."""
    items = [said for token in tokens if token.type == "inline" and (said := _statements(token))]
    lead = _taken_lead(section)
    whole = all(_STOP.search(statement.text) for item in items for statement in item)
    if whole or not items:
        if lead is not None and items:
            section.paragraphs.append([Statement(_closed(lead.text), lead.line)])
        section.paragraphs += items
        return
    told = [" ".join(statement.text for statement in item).rstrip(".;,") for item in items]
    begin = lead.text.rstrip(": ") if lead is not None else (section.headings[-1] if section.headings else "")
    joined = f"{begin}: {_listed(told)}." if begin else f"{_listed(told)}."
    if len(joined.split()) <= LONGEST_JOINED:
        section.paragraphs.append([Statement(joined, (lead or items[0][0]).line)])
        return
    for item, text in zip(items, told, strict=True):
        sentence = f"{begin}: {text}." if begin else f"{text}."
        section.paragraphs.append([Statement(sentence, item[0].line)])


def _taken_lead(section: _Section) -> Statement | None:
    """The sentence with a colon before a list, taken out of its paragraph."""
    if not section.paragraphs or not section.paragraphs[-1][-1].text.endswith(":"):
        return None
    lead = section.paragraphs[-1].pop()
    if not section.paragraphs[-1]:
        section.paragraphs.pop()
    return lead


def _closed(text: str) -> str:
    return text.rstrip(": ") + "."


def _listed(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def _rows(tokens: Sequence[Token]) -> Iterator[Statement]:
    """A table's rows as sentences: "Alaska: costs $9.00, days 12."."""
    rows: list[tuple[int, list[str]]] = []
    for token in tokens:
        if token.type == "tr_open":
            rows.append(((token.map[0] if token.map else 0) + 1, []))
        elif token.type == "inline" and rows:
            rows[-1][1].append(_plain(token))
    heads = rows[0][1] if rows else []
    for line, cells in rows[1:]:
        told = [f"{head} {cell}".strip() for head, cell in zip(heads[1:], cells[1:], strict=False) if cell]
        yield Statement(f"{cells[0]}: {', '.join(told)}." if told else f"{cells[0]}.", line)
