"""Names of months and weekdays, and which day they make."""

import datetime as dt

from dateutil.relativedelta import relativedelta

MONTHS = {
    "january": 1, "jan": 1, "february": 2, "feb": 2, "march": 3, "mar": 3, "april": 4, "apr": 4, "may": 5,
    "june": 6, "jun": 6, "july": 7, "jul": 7, "august": 8, "aug": 8, "september": 9, "sep": 9, "sept": 9,
    "october": 10, "oct": 10, "november": 11, "nov": 11, "december": 12, "dec": 12,
}  # fmt: skip
WEEKDAYS = {
    "monday": 0, "tuesday": 1, "wednesday": 2, "thursday": 3, "friday": 4, "saturday": 5, "sunday": 6,
    "mon": 0, "tue": 1, "tues": 1, "wed": 2, "thu": 3, "thur": 3, "thurs": 3, "fri": 4, "sat": 5, "sun": 6,
}  # fmt: skip


def exists(year: int, month: int, day: int) -> dt.date | None:
    """The day, or None where no calendar has it."""
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def nearest(month: int, day: int, today: dt.date, past: bool) -> dt.date | None:
    """The next day of that name, or the last one; within eight years."""
    years = range(today.year, today.year - 9, -1) if past else range(today.year, today.year + 9)
    for year in years:
        value = exists(year, month, day)
        if value is not None and (value <= today if past else value >= today):
            return value
    return None


def moved(today: dt.date, unit: str, count: int) -> dt.date:
    """`count` days, weeks, fortnights, months or years after `today`."""
    if abs(count) > 1000:
        count = 1000 if count > 0 else -1000
    if unit == "fortnight":
        return today + dt.timedelta(days=14 * count)
    if unit in {"day", "week"}:
        return today + dt.timedelta(days=count * (7 if unit == "week" else 1))
    return today + relativedelta(**{f"{unit}s": count})
