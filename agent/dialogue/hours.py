"""Tells when a business is open: now, or on the day that was asked for."""

import re
from dataclasses import replace
from datetime import date

from agent.dialogue import slots
from agent.dialogue.business import WEEKDAYS, Profile
from agent.dialogue.draft import Draft
from agent.dialogue.named_days import holiday_of, named_day, unknown_day
from agent.dialogue.opening_hours import DayAsked, day_asked, days_asked, hours_of, open_state
from agent.dialogue.phrasing import Value

LONGEST_FOLLOW = 7
"""Words that only name another day, at most."""
_FOLLOWS = re.compile(
    r"\W*(?:(?:okay|ok|so|well|then|um|uh)\W+)*(?:and|or|(?:what|how) about|also|on|next|this|the day)\b|"
    r"\W*(?:\S+\W+){0,3}\S+\?\W*$",
    re.I,
)


def goes_on(profile: Profile, draft: Draft, text: str) -> bool:
    """Whether `text` only names another day, after hours were told: "what about Christmas Eve?"."""
    if not draft.before.hours or len(text.split()) > LONGEST_FOLLOW or _FOLLOWS.match(text) is None:
        return False
    today = draft.now.date()
    found = slots.date(text, today)
    if named_day(profile, text, today) is None and days_asked(text, today) is None:
        return found is not None and found.value > today
    return True


def tell_hours(profile: Profile, draft: Draft, text: str) -> None:
    """Says the hours of the day that `text` names, or of the days, or of today."""
    draft.state = replace(draft.state, hours=True)
    if _of_days(profile, draft, text) or _of_day(profile, draft, text):
        return
    now = open_state(profile, draft.now)
    local = draft.now.strftime("%A").lower()
    values: dict[str, Value] = {}
    if now.until is not None:
        source = f"business.hours.{local}.closes"
        values["open_until"] = _time("open_until", now.until.strftime("%H:%M"), source)
    if now.next_day is not None and now.next_at is not None:
        day = now.next_day.strftime("%A")
        source = f"business.hours.{day.lower()}"
        values["opens_day"] = Value("opens_day", day, "text", source)
        values["opens_at"] = _time("opens_at", now.next_at.strftime("%H:%M"), f"{source}.opens")
    if now.holiday is not None:
        values["holiday"] = Value("holiday", now.holiday, "text", "business.holidays")
    draft.say(["opening_hours"])
    if now.holiday is not None:
        draft.say(["closed_holiday"], values)
    draft.say(["open_now" if now.open else "closed_now"], values)


def _of_day(profile: Profile, draft: Draft, text: str) -> bool:
    """The hours of a day that `text` names. False where it names none, or no phrase tells it."""
    asked = day_asked(profile, text, draft.now.date())
    return asked is not None and _say_day(draft, asked)


def _of_days(profile: Profile, draft: Draft, text: str) -> bool:
    """The usual hours and the holidays of several days, of a weekend each day; the usual hours alone for a
    day whose name isn't known. False where one day is asked for, or none."""
    named = named_day(profile, text, draft.now.date())
    if named is None and unknown_day(text):
        return draft.say(("unknown_day", "opening_hours")) > 0
    asked = days_asked(text, draft.now.date()) if named is None else None
    if asked is None:
        return False
    days = asked.each()
    if len(days) > 2:
        draft.say(["opening_hours"])
        days = [
            day for day in days if holiday_of(profile, day) is not None and profile.hours.get(_weekday(day))
        ]
    for day in days:
        _say_day(draft, hours_of(profile, day))
    return True


def _weekday(day: date) -> str:
    return WEEKDAYS[day.weekday()]


def _say_day(draft: Draft, asked: DayAsked) -> bool:
    """Says the hours of one day. False where no phrase tells them."""
    weekday = _weekday(asked.day)
    source = f"business.hours.{weekday}"
    values: dict[str, Value] = {
        "asked_weekday": Value("asked_weekday", weekday.capitalize(), "text", "calendar"),
        "asked_date": Value("asked_date", asked.day.isoformat(), "date", "caller"),
    }
    if asked.holiday is not None:
        values["holiday"] = Value("holiday", asked.holiday, "text", "business.holidays")
        return draft.say(["closed_holiday_on"], values) > 0
    if asked.opening is None:
        return draft.say(["closed_on"], values) > 0
    for name, at in (("day_opens", asked.opening.opens), ("day_closes", asked.opening.closes)):
        values[name] = _time(name, at.strftime("%H:%M"), f"{source}.{name.removeprefix('day_')}")
    if asked.open_at is not None:
        values["asked_time"] = _time("asked_time", asked.open_at.strftime("%H:%M"), "caller")
    if asked.timed:
        then = "open_at_time" if asked.open_at is not None else "closed_then"
        draft.say([then], values, ("day_opens", "day_closes"))
    return draft.say(["open_on"], values) > 0


def _time(name: str, raw: str, source: str) -> Value:
    return Value(name, raw, "time", source)
