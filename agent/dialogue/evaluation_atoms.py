"""What can be told apart in a sentence by eye: numbers, dates, times, weekdays. Knows nothing of the claims
check, so that it can judge it."""

import re
from datetime import date

from agent.dialogue.business import WEEKDAYS

MONTHS = tuple(
    "january february march april may june july august september october november december".split()
)
_DATE = re.compile(rf"\b({'|'.join(MONTHS)}) (\d{{1,2}})(?:st|nd|rd|th)?(?:,? (\d{{4}}))?\b", re.I)
_ISO = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b")
_TIME = re.compile(r"\b(\d{1,2})(?::(\d\d))? ?([ap])\.?m\b\.?|\b(\d{1,2}):(\d\d)\b", re.I)
_PHONE = re.compile(r"\+\d[\d ()-]{6,}\d")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_DIGITS = {
    **{word: str(n) for n, word in enumerate("zero one two three four five six seven eight nine".split())},
    "oh": "0",
}
_SPELLED = re.compile(rf"\b(?:(?:{'|'.join(_DIGITS)})[\s,]+){{2,}}(?:{'|'.join(_DIGITS)})\b", re.I)
_COUNTED = re.compile(
    r"\b(two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty|"
    r"ninety|hundred|thousand) (?:(?:working|business|calendar|more) )?"
    r"(?:days?|hours?|minutes?|weeks?|months?|years?|dollars?|cents?|percent|miles?|times?)\b",
    re.I,
)


def atoms(text: str) -> set[str]:
    """What `text` states that can be wrong: `2026-11-24`, `--11-24` (no year), `21:15`, `84.9`, `01215`,
    `friday`, `three` (before a unit)."""
    found: set[str] = set()
    text = _SPELLED.sub(lambda run: "".join(_DIGITS[word] for word in _words(run[0])), text)

    def keep(atom: str) -> str:
        found.add(atom)
        return " "

    text = _ISO.sub(lambda m: keep(m[0]), text)
    text = _DATE.sub(lambda m: keep(_date(m)), text)
    text = _TIME.sub(lambda m: keep(_time(m)), text)
    text = _PHONE.sub(lambda m: keep(re.sub(r"\D", "", m[0])), text)
    text = _NUMBER.sub(lambda m: keep(_number(m[0])), text)
    low = text.lower()
    found |= {day for day in WEEKDAYS if re.search(rf"\b{day}s?\b", low)}
    found |= {match[1] for match in _COUNTED.finditer(low)}
    return found


def unknown(said: set[str], allowed: set[str]) -> list[str]:
    """What of `said` isn't among `allowed`. A date allows its weekday, and itself without its year."""
    days = {date.fromisoformat(atom) for atom in allowed if _ISO.fullmatch(atom)}
    known = allowed | {WEEKDAYS[day.weekday()] for day in days} | {f"--{day:%m-%d}" for day in days}
    return sorted(said - known)


def told(value: str, text: str) -> bool:
    """Whether `text` says `value`: each of its atoms, or its words where it has none."""
    wanted = atoms(value)
    if not wanted:
        return value.lower() in text.lower()
    return not unknown(wanted, atoms(text))


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())


def _date(match: re.Match[str]) -> str:
    month, day = MONTHS.index(match[1].lower()) + 1, int(match[2])
    return f"{match[3] or '-'}-{month:02d}-{day:02d}"


def _time(match: re.Match[str]) -> str:
    if match[3] is None:
        return f"{int(match[4]):02d}:{match[5]}"
    hour = int(match[1]) % 12 + (12 if match[3].lower() == "p" else 0)
    return f"{hour:02d}:{match[2] or '00'}"


def _number(text: str) -> str:
    plain = text.replace(",", "")
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return plain
