"""Days by name, the business's own and the calendar's: "Christmas Eve", "Easter Monday", "Black Friday"."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from functools import lru_cache

import holidays
from dateutil.easter import easter

from agent.dialogue.business import Profile

_EMPTY_WORDS = frozenset("day the of and".split())
_COUNTRIES = ("US", "GB", "CA")
"""Whose holidays are known by name, after those of the business's own country."""
_FROM_EASTER = {
    "Palm Sunday": -7, "Good Friday": -2, "Holy Saturday": -1, "Easter Sunday": 0, "Easter": 0,
    "Easter Monday": 1, "Ash Wednesday": -46, "Shrove Tuesday": -47, "Fat Tuesday": -47, "Mardi Gras": -47,
    "Ascension Day": 39, "Pentecost": 49, "Whit Sunday": 49, "Whit Monday": 50,
}  # fmt: skip
"""Days before and after Easter Sunday."""
_FROM_THANKSGIVING = {"Black Friday": 1, "Cyber Monday": 4}
"""Days after that of the United States."""
_ALSO = {
    "Washington's Birthday": ("Presidents Day",),
    "Birthday of Martin Luther King, Jr.": ("Martin Luther King Day", "MLK Day"),
    "Saint Patrick's Day": ("St Patrick's Day", "St Patricks"),
    "Columbus Day": ("Indigenous Peoples Day",),
    "Juneteenth National Independence Day": ("Juneteenth",),
    "Christmas Day": ("Christmas", "Xmas"),
    "Thanksgiving Day": ("Thanksgiving",),
    "New Year's Day": ("New Years", "New Year"),
    "Valentine's Day": ("Valentines",),
    "Spring Bank Holiday": ("Bank Holiday",),
}
"""Other names that callers have for them."""
_SHIFTED = re.compile(r"\bday (after|before)\s*$")
_BEFORE_WEEKDAY = re.compile(
    r"(?P<before>[a-z']+)\s+(?:sunday|monday|tuesday|wednesday|thursday|friday|saturday)(?!s|')\b"
)
_KNOWN_BEFORE = frozenset(
    "next this last on following coming every each until till by from to through and or for after before of "
    "open opened closed the a is are was be been it's its about at no not any some first second third fourth "
    "fifth week other one yes yeah okay ok so well um uh please want like book me make say said mean meant i "
    "come in here there than then but maybe early late whole all either tomorrow today morning afternoon "
    "evening night hours time delivered arrive arrives deliver ship do does you your we working business "
    "happens happening with around past sorry actually rather instead also just only even what "
    "when how".split()
)
"""What stands before a weekday that is only a weekday."""


def holiday_of(profile: Profile, day: date) -> str | None:
    """The name of the business's holiday, or None."""
    return profile.holidays.get(day.isoformat()) or profile.holidays.get(day.strftime("%m-%d"))


def named_day(profile: Profile, text: str, today: date) -> date | None:
    """The next day of the holiday that `text` names, the business's own first; of its eve the day before."""
    found = _own(profile, text, today)
    return found if found is not None else _by_calendar(profile.country, text, today)


def prepare(country: str, today: date) -> None:
    """Makes the calendars of this year and the next, a tenth of a second each, so that no caller waits."""
    for year in (today.year, today.year + 1):
        _calendar(country, year)


def unknown_day(text: str) -> bool:
    """Whether `text` names a weekday that is no plain one, and which isn't known ("Super Bowl Sunday")."""
    return any(
        match["before"] not in _KNOWN_BEFORE for match in _BEFORE_WEEKDAY.finditer(" ".join(_plain(text)))
    )


def ends_in_weekday(text: str) -> bool:
    """Whether a named day of `text` has a weekday in its name: "Good Friday" is no next Friday."""
    low = " ".join(_plain(text))
    names = [name.lower() for name in (*_FROM_EASTER, *_FROM_THANKSGIVING) if name.lower().endswith("day")]
    return any(re.search(rf"\b{name}\b", low) for name in names)


def _own(profile: Profile, text: str, today: date) -> date | None:
    said = _words(text)
    days: list[tuple[int, date]] = []
    for written, name in profile.holidays.items():
        words = [word for word in _words(name) if word not in _EMPTY_WORDS]
        if not words or not set(words) <= set(said):
            continue
        shift = _shift(" ".join(said), words[0], words[-1])
        for year in (today.year, today.year + 1):
            try:
                day = date.fromisoformat(written if len(written) > 5 else f"{year}-{written}")
            except ValueError:  # February 29
                continue
            day += timedelta(days=shift)
            if day >= today:
                days.append((-len(words), day))
    return min(days)[1] if days else None


def _shift(said: str, first: str, last: str) -> int:
    """-1 for an eve or the day before, 1 for the day after."""
    if f"{last} eve" in said:
        return -1
    before = said.split(f" {first}")[0] if f" {first}" in said else ""
    moved = _SHIFTED.search(before)
    return 0 if moved is None else 1 if moved[1] == "after" else -1


def _by_calendar(country: str, text: str, today: date) -> date | None:
    said = " ".join(_words(text))
    best: tuple[int, date] | None = None
    for year in (today.year, today.year + 1):
        for words, day in _calendar(country, year).items():
            if re.search(rf"\b{re.escape(words)}\b", said) is None:
                continue
            shift = _shift(said, words.split()[0], words.split()[-1])
            moved = day + timedelta(days=shift)
            ranked = (-len(words), moved)
            if moved >= today and (best is None or ranked < best):
                best = ranked
    return None if best is None else best[1]


@lru_cache(maxsize=16)
def _calendar(country: str, year: int) -> Mapping[str, date]:
    """The days of a year by their words; of two with one name, that of `country`."""
    days: dict[str, date] = {}
    for name, offset in _FROM_EASTER.items():
        days[" ".join(_words(name))] = easter(year) + timedelta(days=offset)
    for code in dict.fromkeys((country, *_COUNTRIES)):
        for day, name in _listed(code, year):
            for one in (name, *_ALSO.get(name, ())):
                days.setdefault(" ".join(_words(one)), day)
    thanksgiving = next(day for day, name in _listed("US", year) if name == "Thanksgiving Day")
    for name, offset in _FROM_THANKSGIVING.items():
        days[" ".join(_words(name))] = thanksgiving + timedelta(days=offset)
    return days


def _listed(code: str, year: int) -> Iterator[tuple[date, str]]:
    """A country's holidays, those that are public and those that are only kept."""
    kinds: Iterable[str] = holidays.country_holidays(code).supported_categories
    days = holidays.country_holidays(
        code, years=year, categories=tuple(kinds), language="en_US", observed=False
    )
    for day, names in sorted(days.items()):
        for name in names.split("; "):
            yield day, name


def _plain(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower().replace("’", "'"))


def _words(text: str) -> list[str]:
    """Lower-case words without a possessive's ending: "New Year's" and "new years" are alike."""
    return [
        re.sub(r"'s$|s'$|'$", "", word).removesuffix("s") if len(word) > 4 else word for word in _plain(text)
    ]
