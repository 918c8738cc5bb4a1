"""What a business's hours say: whole weeks as text, and whether it's open at a moment."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from agent.dialogue.business import WEEKDAYS, Profile


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


def holiday_of(profile: Profile, day: date) -> str | None:
    """The holiday's name, or None."""
    return profile.holidays.get(day.isoformat()) or profile.holidays.get(day.strftime("%m-%d"))


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
