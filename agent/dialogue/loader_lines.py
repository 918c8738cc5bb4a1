"""Where each key of a TOML text stands: `tomllib` gives the values, this gives their lines."""

import re
from collections.abc import Mapping, Sequence

Path = tuple[str | int, ...]
BLANK = re.compile(r"(?:\s|#[^\n]*)*")
SPACE = re.compile(r"[ \t]*")
BARE = re.compile(r"[A-Za-z0-9_-]+")
PLAIN = re.compile(r"[^,\]}#\n]+")
STRINGS = (('"""', r'(?:\\.|[^\\])*?"""(?:"{0,2})'), ("'''", r"(?:.)*?'''(?:'{0,2})"))
SHORT = re.compile(r'"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'')


class Lines:
    """The lines of a text that `tomllib` has read, by path: keys, and places in lists from 0."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._lines: dict[Path, int] = {}
        self._counts: dict[Path, int] = {}
        """How many tables a list of tables has so far."""
        self._read()

    def of(self, path: Sequence[str | int]) -> int:
        """The line, from 1, of `path`; where it doesn't stand there, of what encloses it."""
        for size in range(len(path), 0, -1):
            if (line := self._lines.get(tuple(path[:size]))) is not None:
                return line
        return 1

    def within(self, path: Sequence[str | int], words: str) -> int:
        """The first line from `path` on that holds `words`; the line of `path` where none does."""
        start = self.of(path)
        for number, line in enumerate(self._text.splitlines()[start - 1 :], start):
            if words in line:
                return number
        return start

    @property
    def paths(self) -> Mapping[Path, int]:
        return self._lines

    def _read(self) -> None:
        table: Path = ()
        while self._skip(BLANK) < len(self._text):
            if self._text.startswith("[[", self._at):
                table = self._header(2)
            elif self._text[self._at] == "[":
                table = self._header(1)
            else:
                self._pair(table)

    def _skip(self, pattern: re.Pattern[str]) -> int:
        found = pattern.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return self._at

    def _header(self, brackets: int) -> Path:
        start = self._at
        self._at += brackets
        keys = self._key()
        self._skip(SPACE)
        self._at += brackets
        path: Path = ()
        for place, key in enumerate(keys):
            path = (*path, key)
            last = place == len(keys) - 1
            if last and brackets == 2:
                self._counts[path] = self._counts.get(path, 0) + 1
                self._note(path, start)
            if path in self._counts:
                path = (*path, self._counts[path] - 1)
            self._note(path, start)
        return path

    def _pair(self, table: Path) -> None:
        start = self._at
        path = table
        for key in self._key():
            path = (*path, key)
            self._note(path, start)
        self._skip(SPACE)
        self._at += 1  # the sign of equality
        self._value(path)

    def _key(self) -> list[str]:
        """The parts of a dotted key."""
        parts = []
        while True:
            self._skip(SPACE)
            match = BARE.match(self._text, self._at) or SHORT.match(self._text, self._at)
            if match is None:
                raise ValueError(f"no key at {self._at}: this text is no TOML")
            self._at = match.end()
            parts.append(match[0].strip("\"'"))
            self._skip(SPACE)
            if self._text[self._at : self._at + 1] != ".":
                return parts
            self._at += 1

    def _value(self, path: Path) -> None:
        self._skip(BLANK)
        for quotes, rest in STRINGS:
            if self._text.startswith(quotes, self._at):
                self._at += len(quotes)
                self._skip(re.compile(rest, re.S))
                return
        sign = self._text[self._at : self._at + 1]
        if sign == "[":
            self._list(path)
        elif sign == "{":
            self._inline(path)
        else:
            self._skip(SHORT if sign and sign in "\"'" else PLAIN)

    def _list(self, path: Path) -> None:
        self._at += 1
        place = 0
        while self._skip(BLANK) < len(self._text) and self._text[self._at] != "]":
            self._note((*path, place), self._at)
            self._value((*path, place))
            place += 1
            self._skip(BLANK)
            self._at += self._text[self._at : self._at + 1] == ","
        self._at += 1

    def _inline(self, path: Path) -> None:
        self._at += 1
        while self._skip(BLANK) < len(self._text) and self._text[self._at] != "}":
            self._pair(path)
            self._skip(BLANK)
            self._at += self._text[self._at : self._at + 1] == ","
        self._at += 1

    def _note(self, path: Path, at: int) -> None:
        self._lines.setdefault(path, self._text.count("\n", 0, at) + 1)
