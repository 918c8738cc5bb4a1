"""Rows that are read to a caller a few at a time; which one "the second one" or "the cheaper" means."""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from agent.dialogue import slots as readers
from agent.dialogue.business_tools import Listing, Tool
from agent.dialogue.calendar_days import MONTHS, WEEKDAYS
from agent.dialogue.draft import Draft, Line
from agent.dialogue.phrasing import Value, Values
from agent.dialogue.slots_numbers import ORDINALS, cardinal, words
from agent.dialogue.state import Frame, Reading

_LEAST = re.compile(
    r"\b(?:cheap(?:er|est)|less expensive|least expensive|lower|lowest|small(?:er|est))\b", re.I
)
_MOST = re.compile(
    r"\b(?:(?:more|most) expensive|dearer|dearest|costl(?:y|ier|iest)|pric(?:ier|iest)|high(?:er|est)|"
    r"bigg(?:er|est)|large(?:r|st))\b",
    re.I,
)
_EARLY = re.compile(r"\b(?:oldest|older|earli(?:er|est)|soone(?:r|st))\b", re.I)
_LATE = re.compile(r"\b(?:newest|newer|latest|later|most recent|more recent)\b", re.I)
_REFERS = re.compile(r"\b(?:one|ones|that|this|it|order|bill|appointment|item|number)\b", re.I)
_PLACES = {"last": -1, "final": -1, "latter": -1, "former": 0, "top": 0}
_STOPS = frozenset(
    "the a an one of my please i want would like to it is that and for in on with from at was order bill "
    "take me tell about what when where which how much more this do you have can status".split()
)
_MONTH = re.compile(rf"\b(?:from|in|of)\s+({'|'.join(MONTHS)})\b", re.I)
_MOST_WORDS = 14


def read_first(draft: Draft, frame: Frame, tool: Tool, rows: tuple[Values, ...]) -> None:
    """Begins a list: says how many rows there are, where several are, and reads the first."""
    spec = tool.listing
    assert spec is not None, "rows come from a tool with a list"
    if spec.opening is not None and len(rows) > 1:
        count = Value("count", str(len(rows)), "count", f"rows of {frame.tool}")
        draft.say([spec.opening], {"count": count})
    read_on(draft, Reading(frame.intent, frame.tool, dict(frame.slots), rows), spec)


def read_on(draft: Draft, reading: Reading, spec: Listing) -> None:
    """Reads the next rows, each as its phrase has it, and asks whether to go on while rows remain."""
    until = min(reading.read + spec.page, len(reading.rows))
    for row in reading.rows[reading.read : until]:
        sentence = draft.phrases.say(spec.item, row, today=draft.now.date())
        if sentence is not None:
            draft.lines.append(Line(sentence))  # without names: no other wording could keep rows apart
    rest = until < len(reading.rows)
    if rest:
        draft.say([spec.more])
        draft.expects = "yes_no"
    elif spec.end is not None:
        draft.say([spec.end])
    read = replace(reading, read=until, page=reading.read, asks=rest, misses=0)
    draft.state = replace(draft.state, listing=read, misses=0, offered=False)


def picked(text: str, reading: Reading, names: Sequence[str], today: dt.date) -> int | None:
    """The row that `text` speaks of: by place, by more or less, by its date, time, sum, number or words.

    Places count within what was read last; "the last one" is the last that was read. None where no row is
    meant, or where what was said fits none.
    """
    if not reading.rows or len(text.split()) > _MOST_WORDS:
        return None
    by_name = _by_name(text, reading, names, today)
    if by_name is not None:
        return by_name
    if (place := _by_place(text, reading)) is not None:
        return place
    return _by_measure(text, reading, names)


def by_place(text: str, reading: Reading, names: Sequence[str]) -> int | None:
    """The row meant by its place or measure alone, whatever else is open."""
    place = _by_place(text, reading)
    return _by_measure(text, reading, names) if place is None else place


def _by_place(text: str, reading: Reading) -> int | None:
    found = words(text)
    lows = [token.low for token in found]
    for at, low in enumerate(lows):
        if low in {"number", "option"} and (value := cardinal(found, at + 1)) and value[0] <= 9:
            return value[0] - 1 if 1 <= value[0] <= reading.read else None
        nth = _PLACES.get(low) if low in _PLACES else ORDINALS.get(low, 0) - 1
        if nth is None or (nth == -1 and low not in _PLACES) or not _refers(lows, at):
            continue
        if nth == -1:
            return reading.read - 1
        last_page = reading.read - reading.page
        if reading.page and nth < last_page:
            return reading.page + nth
        return nth if nth < reading.read else None
    return None


def places_only(text: str) -> bool:
    """Whether `text` does nothing but point at a row by its place: "the third one please"."""
    lows = [token.low for token in words(text)]
    places = [at for at, low in enumerate(lows) if (low in _PLACES or low in ORDINALS) and _refers(lows, at)]
    rest = [low for at, low in enumerate(lows) if at not in places]
    return len(places) == 1 and all(low in _STOPS or _REFERS.fullmatch(low) for low in rest)


def _refers(lows: Sequence[str], at: int) -> bool:
    """Whether an ordinal stands for a row: "the second one", "the last order", "the first" alone."""
    after = lows[at + 1] if at + 1 < len(lows) else ""
    if after in MONTHS or after == "of" or (after == "time" or after == "name"):
        return False
    return after == "" or _REFERS.fullmatch(after) is not None


def _by_measure(text: str, reading: Reading, names: Sequence[str]) -> int | None:
    """ "the cheaper one", "the latest one", of the rows read."""
    rows = reading.rows[: reading.read]
    for pattern, kinds, most in (
        (_LEAST, ("money", "count"), False),
        (_MOST, ("money", "count"), True),
        (_EARLY, ("date",), False),
        (_LATE, ("date",), True),
    ):
        column = next((n for n in names if rows and n in rows[0] and rows[0][n].kind in kinds), None)
        if column is None or not pattern.search(text):
            continue
        ranked = sorted((_rank(row, column), n) for n, row in enumerate(rows) if column in row)
        return ranked[-1 if most else 0][1]
    return None


def _rank(row: Values, column: str) -> tuple[float | str, ...]:
    """What a row is compared by: a sum as a number, a day with its time."""
    value = row[column]
    if value.kind in ("money", "count"):
        return (float(value.raw),)
    times = [one.raw for one in row.values() if one.kind == "time"]
    return (value.raw, *times)


def _by_name(text: str, reading: Reading, names: Sequence[str], today: dt.date) -> int | None:
    """The row whose date, time, sum, number or words were said; of several the first that was read."""
    left: set[int] | None = None
    for kind, fits in (
        ("date", _date_fits(text, today)),
        ("time", _time_fits(text, today)),
        ("money", _sum_fits(text)),
        ("identifier", _number_fits(text)),
    ):
        if fits is None:
            continue
        hits = {n for n, row in enumerate(reading.rows) if any(fits(v) for v in _of(row, names, kind))}
        if hits:
            left = hits if left is None else left & hits
    worded = _by_words(text, reading, names)
    if worded:
        left = worded if left is None else left & worded or left
    if not left:
        return None
    return min(left, key=lambda n: (n >= reading.read, n < reading.page, n))


def _of(row: Values, names: Sequence[str], kind: str) -> Iterable[Value]:
    return (row[name] for name in names if name in row and row[name].kind == kind)


def _date_fits(text: str, today: dt.date) -> Callable[[Value], bool] | None:
    """Whether a value is the day that was said: the same, in another year, or that day of the week."""
    found = readers.date(text, today)
    if found is None:
        month = _MONTH.search(text)
        return None if month is None else lambda value: _day(value).month == MONTHS[month[1].lower()]
    named = text[slice(*found.span)].lower()
    weekly = any(word in WEEKDAYS for word in re.findall(r"[a-z]+", named)) and not any(
        word in MONTHS for word in re.findall(r"[a-z]+", named)
    )

    def fits(value: Value) -> bool:
        day = _day(value)
        if weekly and not re.search(r"\b(?:next|last|week)\b", named):
            return day.weekday() == found.value.weekday()
        return (day.month, day.day) == (found.value.month, found.value.day)

    return fits


def _day(value: Value) -> dt.date:
    return dt.date.fromisoformat(value.raw[:10])


def _time_fits(text: str, today: dt.date) -> Callable[[Value], bool] | None:
    named = readers.date(text, today)
    if named is not None:
        text = f"{text[: named.span[0]]} ; {text[named.span[1] :]}"
    found = readers.time_of_day(text)
    if found is None:
        return None
    hours = {found.value.hour, (found.value.hour + 12) % 24} if found.doubtful else {found.value.hour}
    wanted = {f"{hour:02d}:{found.value.minute:02d}" for hour in hours}
    return lambda value: value.raw[:5] in wanted


def _sum_fits(text: str) -> Callable[[Value], bool] | None:
    found = readers.amount(text)
    return None if found is None else lambda value: float(value.raw) == float(found.value)


def _number_fits(text: str) -> Callable[[Value], bool] | None:
    runs = {run.value for run in readers.digit_runs(text) if len(run.value) > 2}
    return (lambda value: value.raw in runs) if runs else None


def _by_words(text: str, reading: Reading, names: Sequence[str]) -> set[int]:
    """Rows with the most words of what was said, where not all have them alike."""
    said = {_stem(word) for word in re.findall(r"[a-z]+", text.lower())} - _STOPS
    counts = []
    for row in reading.rows:
        own = " ".join(value.raw for value in _of(row, names, "text")).lower()
        counts.append(len({_stem(word) for word in re.findall(r"[a-z]+", own)} & said))
    most = max(counts, default=0)
    hits = {n for n, count in enumerate(counts) if count == most}
    return hits if most and (len(hits) < len(counts) or len(counts) == 1) else set()


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
