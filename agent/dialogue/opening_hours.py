"""What a business's hours say: whole weeks as text, whether it's open at a moment, and on a day asked for."""

import json
import re
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from dateutil.relativedelta import relativedelta

from agent.dialogue import slots
from agent.dialogue.business import WEEKDAYS, Opening, Profile
from agent.dialogue.named_days import holiday_of, named_day

_SEVERAL = re.compile(
    r"\b(?P<which>next|this|the (?:next|coming|whole)|during the|all|on|over the|at the|on the|the|coming|"
    r"any|every)?\s*\b(?P<unit>week|month|week-?end)s?\b"
)
_ONE_DAY = re.compile(
    r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|today|tomorrow|\d+(?:st|nd|rd|th)|"
    r"in (?:an?|one|two|three) |from (?:now|today)|week ago|week later)\b"
)


@dataclass(frozen=True, slots=True)
class OpenState:
    """Open or closed at a moment, in the business's time zone."""

    open: bool
    until: time | None = None
    """When it closes, while open."""
    next_day: date | None = None
    next_at: time | None = None
    """When it opens next, while closed; None where it never does."""
    holiday: str | None = None
    """Today's holiday."""


def clock(at: time) -> str:
    """`9 am`, `5:30 pm`, as it is written."""
    hour = at.hour % 12 or 12
    minutes = f":{at.minute:02d}" if at.minute else ""
    return f"{hour}{minutes} {'am' if at.hour < 12 else 'pm'}"


def regular_hours(profile: Profile) -> str:
    """`Monday to Friday from 9 am to 6 pm and Saturday from 10 am to 4 pm`."""
    groups: list[tuple[list[str], tuple[time, time]]] = []
    previous = -2
    for place, day in enumerate(WEEKDAYS):
        opening = profile.hours.get(day)
        if opening is None:
            continue
        span = (opening.opens, opening.closes)
        if groups and groups[-1][1] == span and previous == place - 1:
            groups[-1][0].append(day)
        else:
            groups.append(([day], span))
        previous = place
    said = [f"{_days(days)} from {clock(opens)} to {clock(closes)}" for days, (opens, closes) in groups]
    return " and ".join(said) if len(said) < 3 else ", ".join(said[:-1]) + f" and {said[-1]}"


def _days(days: list[str]) -> str:
    names = [day.capitalize() for day in days]
    if len(names) > 2:
        return f"{names[0]} to {names[-1]}"
    return " and ".join(names)


def is_open_on(profile: Profile, day: date) -> bool:
    """Whether it's open at some time of `day`."""
    return profile.hours.get(WEEKDAYS[day.weekday()]) is not None and holiday_of(profile, day) is None


def open_state(profile: Profile, now: datetime) -> OpenState:
    """Whether the business is open at `now` (local time)."""
    today = now.date()
    holiday = holiday_of(profile, today)
    opening = None if holiday else profile.hours.get(WEEKDAYS[today.weekday()])
    if opening and opening.opens <= now.time() < opening.closes:
        return OpenState(True, until=opening.closes)
    for ahead in range(15):
        day = today + timedelta(days=ahead)
        opening = profile.hours.get(WEEKDAYS[day.weekday()])
        if opening is None or holiday_of(profile, day) or (ahead == 0 and now.time() >= opening.opens):
            continue
        return OpenState(False, next_day=day, next_at=opening.opens, holiday=holiday)
    return OpenState(False, holiday=holiday)


def open_days(profile: Profile, today: date, ahead: int = 190) -> str:
    """The days from `today` on which it's open, for queries: JSON [{"date", "opens", "closes"}, ...]."""
    days = []
    for offset in range(ahead):
        day = today + timedelta(days=offset)
        opening = profile.hours.get(WEEKDAYS[day.weekday()])
        if opening is not None and is_open_on(profile, day):
            opens, closes = opening.opens.strftime("%H:%M"), opening.closes.strftime("%H:%M")
            days.append({"date": day.isoformat(), "opens": opens, "closes": closes})
    return json.dumps(days)


@dataclass(frozen=True, slots=True)
class DayAsked:
    """The hours of a day that a caller named."""

    day: date
    holiday: str | None = None
    """Why it's closed, where it's a holiday."""
    opening: Opening | None = None
    """None where it's closed all day."""
    timed: bool = False
    """Whether a time of day was named too."""
    open_at: time | None = None
    """That time, where it's open then."""


def hours_of(profile: Profile, day: date) -> DayAsked:
    """The hours of a whole day."""
    holiday = holiday_of(profile, day)
    return DayAsked(day, holiday, None if holiday else profile.hours.get(WEEKDAYS[day.weekday()]))


def day_asked(profile: Profile, text: str, today: date) -> DayAsked | None:
    """What `text` asks about a day; None where it names none, or today and no time of it.

    A time without its half of the day ("at three") is open where either half is.
    """
    day, rest = _day_named(profile, text, today)
    at = slots.time_of_day(rest)
    if day is None or day < today or (day == today and at is None):
        return None
    whole = hours_of(profile, day)
    opening = whole.opening
    if at is None or opening is None:
        return replace(whole, timed=at is not None)
    readings = [at.value]
    if at.doubtful:
        readings.append(at.value.replace(hour=(at.value.hour + 12) % 24))
    open_at = next((one for one in readings if opening.opens <= one < opening.closes), None)
    return DayAsked(day, None, opening, timed=True, open_at=open_at)


def _day_named(profile: Profile, text: str, today: date) -> tuple[date | None, str]:
    """The day that `text` names, and the text without it."""
    by_name = named_day(profile, text, today)
    if by_name is not None:
        return by_name, text
    found = slots.date(text, today)
    if found is None:
        return None, text
    named = text[slice(*found.span)].lower()
    day = found.value
    if day == today + timedelta(days=7) and re.sub(r"^this ", "", named) == WEEKDAYS[today.weekday()]:
        if not re.match(r"\s*(?:next )?week\b", text[found.span[1] :].lower()):
            day = today  # "are you open on Tuesday?", on a Tuesday
    return day, f"{text[: found.span[0]]} {text[found.span[1] :]}"


@dataclass(frozen=True, slots=True)
class DaysAsked:
    """Several days that a caller named together: a week, a month, a weekend."""

    first: date
    last: date

    def each(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]


def days_asked(text: str, today: date) -> DaysAsked | None:
    """The days that `text` asks about together, from today on; None where it names one, or none."""
    low = text.lower()
    match = _SEVERAL.search(low)
    if match is None or _ONE_DAY.search(low):
        return None
    ahead = 1 if (match["which"] or "").startswith("next") else 0
    if match["unit"] == "month":
        first = today.replace(day=1) + relativedelta(months=ahead)
        return DaysAsked(max(first, today), first + relativedelta(months=1, days=-1))
    monday = today - timedelta(days=today.weekday()) + timedelta(days=7 * ahead)
    if match["unit"] == "week":
        return DaysAsked(max(monday, today), monday + timedelta(days=6))
    return DaysAsked(max(monday + timedelta(days=5), today), monday + timedelta(days=6))
