"""Tells when a business is open: now, or on the day that was asked for."""

from agent.dialogue.business import WEEKDAYS, Profile
from agent.dialogue.draft import Draft
from agent.dialogue.opening_hours import day_asked, open_state
from agent.dialogue.phrasing import Value


def tell_hours(profile: Profile, draft: Draft, text: str) -> None:
    """Says the hours of the day that `text` names, or of today."""
    if _of_day(profile, draft, text):
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
    if asked is None:
        return False
    weekday = WEEKDAYS[asked.day.weekday()]
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
