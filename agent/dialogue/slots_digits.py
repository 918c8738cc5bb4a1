"""Runs of digits in what a recogniser writes: "12345", "1, 2, 3", "one double seven four", "oh five".

Homophones (for, to, ate, won) count as digits only between digits, or at the edge of a run when the
expected length asks for them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product

from agent.dialogue.slots_found import DigitsFound, Found
from agent.dialogue.slots_numbers import DIGITS, SCALES, TEENS, TENS, Token, cardinal, tokens

REPEATS = {"double": 2, "triple": 3, "treble": 3, "quadruple": 4}
_SINGLE = {**{word: str(n) for word, n in DIGITS.items()}, "nought": "0", "naught": "0", "nil": "0"}
_SINGLE |= {"niner": "9", "fife": "5", "zeros": "0", "zeroes": "0"}
_OH = {"oh": "0", "o": "0"}
WEAK = {**_OH, "for": "4", "fore": "4", "to": "2", "too": "2", "ate": "8", "won": "1", "tree": "3"}
"""Words that are digits only in the company of digits."""
_BETWEEN = frozenset({",", ".", "-", "–", "—", "/", ";", ":", "…", "_"})
_FILLERS = frozenset("uh um er erm eh hmm mm dash hyphen space then and comma ok okay so digit".split())
_RESTARTS = frozenset("no sorry mean wait actually correction rather oops scratch".split())
_LABELS = frozenset(
    "number order id code account pin reference ref invoice ticket digits zip no tracking".split()
)
_NOT_ONE = frozenset(
    "this that which the another no any each every some other only just blue red last".split()
)
_UNITS = frozenset(
    "day days week weeks month months year years hour hours minute minutes dollar dollars buck bucks cent "
    "cents percent pm am p a o'clock pair pairs items item things times people kg cm inches jackets".split()
)
_MOST_VARIANTS = 32


@dataclass(frozen=True, slots=True)
class _Piece:
    """Digits that one word or group of words gives; more than one reading where it is ambiguous."""

    readings: tuple[str, ...]
    first: int
    last: int
    weak: bool = False


@dataclass(slots=True)
class _Run:
    pieces: list[_Piece] = field(default_factory=list)

    def strong(self) -> list[_Piece]:
        """Without homophones at the edges."""
        inner = list(self.pieces)
        while inner and inner[0].weak:
            inner.pop(0)
        while inner and inner[-1].weak:
            inner.pop()
        return inner


def digits(text: str, length: int | None = None) -> DigitsFound | None:
    """The digits said in `text`, leading zeros kept; of several runs the one that fits `length` best.

    Doubtful where no run has the expected `length`, where two readings have it, or where a homophone
    was needed to reach it. None where no digit was said.
    """
    found = tokens(text)
    runs = [run for run in _runs(found) if run.strong() and not _only_pronoun(found, run)]
    if not runs:
        return None
    restarted = len(runs) > 1 and _restarts(found, runs)
    if restarted:
        last = runs[-1].strong()
        if length is None or len(last[0].readings[0]) == length or _count(last) == length:
            return _of(found, last, why="" if length is not None else "several")
    if length is None:
        best = max(enumerate(runs), key=lambda pair: (_score(found, pair[1]), pair[0]))[1]
        return _free(found, best)
    fitting = [hit for run in runs if (hit := _fit(found, run, length)) is not None]
    if fitting:
        sure = [hit for hit in fitting if not hit.doubtful]
        best_fit = (sure or fitting)[-1]
        if len({hit.value for hit in sure}) > 1:
            return Found(best_fit.value, best_fit.span, True, "several")
        return best_fit
    if (told := _after_denied(found, runs, length)) is not None:
        return told
    joined = [piece for run in runs for piece in run.strong()]
    if len(runs) > 1 and _count(joined) == length:
        return _of(found, joined, why="several")
    closest = min(runs, key=lambda run: abs(_count(run.strong()) - length)).strong()
    if _count(closest) * 2 < length and len(found) - len(closest) > 4:
        return None
    return _of(found, closest, why="length")


def only_numbers(text: str) -> bool:
    """Whether nothing but numbers is said in `text` ("oh two one three nine"): an answer, and no wish."""
    lows = [token.low for token in tokens(text) if token.low[0].isalnum()]
    known = {*DIGITS, *TEENS, *TENS, *SCALES, *REPEATS, *_SINGLE, *_OH, "dash", "hyphen", "and", "a"}
    return bool(lows) and all(low in known or low.isdecimal() for low in lows) and lows != ["a"]


def digit_runs(text: str) -> list[DigitsFound]:
    """Every run of digits in `text`, each in its first reading, in order."""
    found = tokens(text)
    return [_of(found, strong) for run in _runs(found) if (strong := run.strong())]


def _of(
    found: Sequence[Token], pieces: Sequence[_Piece], why: str = "", value: str | None = None
) -> DigitsFound:
    if value is None:
        value = "".join(piece.readings[0] for piece in pieces)
    span = (found[pieces[0].first].start, found[pieces[-1].last].end)
    return Found(value, span, bool(why), why)


def _free(found: Sequence[Token], run: _Run) -> DigitsFound | None:
    pieces = run.strong()
    if run.pieces[0].readings[0] == "0" and run.pieces[0] not in pieces:
        comma = found[run.pieces[0].last + 1].low == ","
        if not comma:
            return _of(found, [run.pieces[0], *pieces], why="homophone")
    return _of(found, pieces)


def _fit(found: Sequence[Token], run: _Run, length: int) -> DigitsFound | None:
    """A reading of `run` with `length` digits: the plain one first, then the ambiguous, then homophones."""
    pieces = run.strong()
    if _count(pieces) == length:
        return _of(found, pieces)
    start = run.pieces.index(pieces[0])
    stop = start + len(pieces)
    if start and run.pieces[start - 1].readings[0] == "0":
        with_oh = [run.pieces[start - 1], *pieces]
        if _count(with_oh) == length:
            return _of(found, with_oh)
    values = {v for v in _variants(pieces) if len(v) == length}
    if values:
        return _of(found, pieces, why="several", value=min(values))
    for left in range(start, -1, -1):
        for right in range(stop, len(run.pieces) + 1):
            wider = run.pieces[left:right]
            if _count(wider) == length:
                only_oh = all(not p.weak or p.readings[0] == "0" for p in wider[:: max(1, len(wider) - 1)])
                return _of(found, wider, why="" if only_oh else "homophone")
    return None


def _variants(pieces: Sequence[_Piece]) -> list[str]:
    count = 1
    for piece in pieces:
        count *= len(piece.readings)
    if count > _MOST_VARIANTS:
        return ["".join(piece.readings[0] for piece in pieces)]
    return ["".join(choice) for choice in product(*(piece.readings for piece in pieces))]


def _count(pieces: Sequence[_Piece]) -> int:
    return sum(len(piece.readings[0]) for piece in pieces)


def _after_denied(found: Sequence[Token], runs: Sequence[_Run], length: int) -> DigitsFound | None:
    """ "Not nine, five. Five five seven eight one": what is denied, what is right there, the whole number."""
    for run in runs:
        pieces = run.strong()
        if not pieces[0].first or found[pieces[0].first - 1].low != "not":
            continue
        spare = _count(pieces) - length
        for cut in range(1, len(pieces)):
            if spare in (2, 4) and _count(pieces[cut:]) == length:
                return _of(found, pieces[cut:], why="several")
    return None


def _score(found: Sequence[Token], run: _Run) -> int:
    pieces = run.strong()
    score = _count(pieces)
    before = {t.low for t in found[max(0, pieces[0].first - 5) : pieces[0].first]}
    if before & _LABELS:
        score += 4
    after = found[pieces[-1].last + 1].low if pieces[-1].last + 1 < len(found) else ""
    previous = found[pieces[0].first - 1].low if pieces[0].first else ""
    if after in _UNITS or after == "%" or previous in {"$", "£", "€"}:
        score -= 8
    return score


def _only_pronoun(found: Sequence[Token], run: _Run) -> bool:
    """ "this one", "one of them": not a digit."""
    pieces = run.strong()
    at = pieces[0].first
    if len(pieces) > 1 or found[at].low != "one":
        return False
    following = found[at + 1].low if at + 1 < len(found) else ""
    return (found[at - 1].low if at else "") in _NOT_ONE or following in {"of", "more"} or len(found) > 4


def _restarts(found: Sequence[Token], runs: Sequence[_Run]) -> bool:
    left, right = runs[-2].strong()[-1].last, runs[-1].strong()[0].first
    return any(token.low in _RESTARTS for token in found[left + 1 : right])


def _runs(found: Sequence[Token]) -> list[_Run]:
    runs, current, at = [], _Run(), 0
    while at < len(found):
        piece = _piece(found, at)
        if piece is not None:
            current.pieces.append(piece)
            at = piece.last + 1
        elif current.pieces and _separates(found, at):
            at += 1
        else:
            if current.pieces:
                runs.append(current)
                current = _Run()
            at += 1
    if current.pieces:
        runs.append(current)
    return runs


def _separates(found: Sequence[Token], at: int) -> bool:
    return found[at].low in _BETWEEN or found[at].low in _FILLERS


def _piece(found: Sequence[Token], at: int) -> _Piece | None:
    low = found[at].low
    following = found[at + 1].low if at + 1 < len(found) else ""
    if low in REPEATS:
        return _repeated(found, at)
    if low.isdecimal() and low.isascii():
        if following in {"st", "nd", "rd", "th"}:
            return None
        if following in SCALES and (value := cardinal(found, at)):
            return _Piece((str(value[0]),), at, value[1] - 1)
        return _Piece((low,), at, at)
    if low in DIGITS or low in TEENS or low in TENS or (low == "a" and following in SCALES):
        value = cardinal(found, at)
        if value is not None and any(t.low in SCALES for t in found[at : value[1]]):
            return _Piece((str(value[0]),), at, value[1] - 1)
    if low in TENS:
        unit_at = at + 2 if following == "-" else at + 1
        unit = DIGITS.get(found[unit_at].low, 0) if unit_at < len(found) else 0
        if unit:
            return _Piece((str(TENS[low] + unit), f"{TENS[low]}{unit}"), at, unit_at)
        return _Piece((str(TENS[low]),), at, at)
    if low in TEENS:
        return _Piece((str(TEENS[low]),), at, at)
    if low in _SINGLE:
        return _Piece((_SINGLE[low],), at, at)
    if low in WEAK:
        return _Piece((WEAK[low],), at, at, weak=True)
    return None


def _repeated(found: Sequence[Token], at: int) -> _Piece | None:
    """ "double seven", "triple oh", "double-7", "double 74" (774)."""
    after = at + 1
    if after < len(found) and found[after].low == "-":
        after += 1
    if after >= len(found):
        return None
    low = found[after].low
    if low.isdecimal() and low.isascii():
        return _Piece((low[0] * REPEATS[found[at].low] + low[1:],), at, after)
    digit = _SINGLE.get(low) or WEAK.get(low)
    return None if digit is None else _Piece((digit * REPEATS[found[at].low],), at, after)
