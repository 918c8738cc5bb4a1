"""E-mail addresses as callers say them: "jane dot doe at gmail dot com", "J A N E underscore 7 at ..."."""

import re
from collections.abc import Sequence

from babel import Locale

from agent.dialogue.slots_digits import REPEATS
from agent.dialogue.slots_found import Found
from agent.dialogue.slots_numbers import DIGITS, TEENS, TENS, Token, cardinal, tokens
from agent.dialogue.spelling import NATO

_WRITTEN = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_SIGNS = {
    "dot": ".", "point": ".", "period": ".", ".": ".", "underscore": "_", "_": "_", "dash": "-",
    "hyphen": "-", "minus": "-", "-": "-", "plus": "+", "+": "+",
}  # fmt: skip
_AT = frozenset({"at", "@"})
_SKIPPED = frozenset(
    {",", "uh", "um", "er", "then", "the", "sign", "letter", "number", "symbol", "capital", "small", "and"}
)
_START = frozenset(
    "is it's its email mail e address to me my at's with reach use that's as says be was yes yeah yep no "
    "nope sure okay ok spelled account under have for on not i'm i said meant mean actually sorry".split()
)
_TAILS = re.compile(
    r",?\s*\b(?:(?:all |in )*(?:lower ?case|small letters|caps|one word|together|no spaces?|without spaces)|"
    r"as one word)\b",
    re.I,
)
"""How it is written, said beside it: nothing of it belongs to the address."""
_GENERIC = frozenset(
    "com org net edu gov mil int info biz name pro me io co app dev shop store online site tech ai tv cc eu "
    "uk example test".split()
)
_COUNTRIES = {str(code).lower() for code in Locale("en").territories}
_ENDS = _GENERIC | {code for code in _COUNTRIES if re.fullmatch("[a-z]{2}", code)}
"""What a domain may end in: the common ones and each country's."""
_PROVIDERS = {
    ("g", "mail"): "gmail", ("gee", "mail"): "gmail", ("hot", "mail"): "hotmail", ("out", "look"): "outlook",
    ("i", "cloud"): "icloud", ("eye", "cloud"): "icloud", ("proton", "mail"): "protonmail",
    ("ya", "hoo"): "yahoo", ("a", "o", "l"): "aol",
}  # fmt: skip
_SHORT_DOMAINS = frozenset("gmail yahoo hotmail outlook icloud aol protonmail".split())
"""Providers whose ".com" callers leave out."""
_EXAMPLE = re.compile(r"\b([a-z]),? (?:as in|as an|as|is in|isn't|is for|is|in|like|for) \1[a-z]{2,}\b", re.I)
""" "S as in Sierra", also as a recogniser writes it: "S isn't Sierra"."""
_LONGEST_LOCAL = 64


def email(text: str) -> Found[str] | None:
    """The e-mail address in `text`, written or said, in lower case.

    Doubtful where words had to be joined ("jane doe at ...") or ".com" was left out. None where there's
    none.
    """
    if match := _WRITTEN.search(text):
        return Found(match.group().lower().rstrip("."), match.span())
    said = _TAILS.sub(lambda match: " " * len(match[0]), text)
    one_word = said != text
    said = spelled_apart(said)
    found = tokens(said)
    for at in range(len(found) - 1, 0, -1):
        if found[at].low not in _AT:
            continue
        domain = domain_after(found, at + 1)
        local = None if domain is None else _local(found, at)
        if domain is None or local is None or len(local[0]) > _LONGEST_LOCAL:
            continue
        guessed = domain[2] or (local[2] and not one_word)
        span = (found[local[1]].start, found[domain[1]].end)
        return Found(f"{local[0]}@{domain[0]}", span, guessed, "guess" if guessed else "")
    return None


def spelled_apart(text: str) -> str:
    """`text` of the same length, with "J-A-N-E" as single letters and without "as in juliet"."""
    text = re.sub(r"(?<=\b[A-Za-z0-9])-(?=[A-Za-z0-9]\b)", " ", text)
    return _EXAMPLE.sub(lambda match: match[1] + " " * (len(match[0]) - 1), text)


def domain_after(found: Sequence[Token], at: int) -> tuple[str, int, bool] | None:
    """The domain that begins at token `at`, its last token, and whether ".com" was put to it."""
    parts, last, ended = "", at, False
    index = at
    while index < len(found):
        low = found[index].low
        joined = _provider(found, index)
        if low in {"dot", ".", "point"}:
            if not parts or parts.endswith("."):
                break
            parts, ended = parts + ".", False
        elif low == "," or (low == "sign" and not parts):
            pass
        elif low in {"dash", "hyphen", "-"} and parts:
            parts += "-"
        elif ended or (not parts and low in _AT):
            break
        elif joined is not None:
            parts, last = parts + joined[0], joined[1] - 1
            index = joined[1]
            continue
        elif (piece := _piece(found, index)) is not None:
            parts, last = parts + piece[0], piece[1] - 1
            ended = "." in parts and parts.rsplit(".", 1)[-1] in _ENDS and piece[0] in _ENDS
            index = piece[1]
            continue
        else:
            break
        index += 1
    parts = parts.rstrip(".-")
    if "." in parts and parts.rsplit(".", 1)[-1] in _ENDS:
        return parts, last, False
    return (f"{parts}.com", last, True) if parts in _SHORT_DOMAINS else None


def _provider(found: Sequence[Token], at: int) -> tuple[str, int] | None:
    for words, name in _PROVIDERS.items():
        if tuple(token.low for token in found[at : at + len(words)]) == words:
            return name, at + len(words)
    return None


def _piece(found: Sequence[Token], at: int) -> tuple[str, int] | None:
    """What a word, a spelled letter or a number gives, and the token after it."""
    low = found[at].low.replace("'", "")
    if low in REPEATS and at + 1 < len(found):
        piece = _piece(found, at + 1)
        return (piece[0][0] * REPEATS[low] + piece[0][1:], piece[1]) if piece else None
    if not low.isalnum() or not low.isascii():
        return None
    if low in TENS or low in TEENS or low in DIGITS:
        number = cardinal(found, at)
        if number is not None and low not in DIGITS:
            return str(number[0]), number[1]
        return str(DIGITS.get(low, low)), at + 1
    return low, at + 1


def _local(found: Sequence[Token], end: int) -> tuple[str, int, bool] | None:
    """The part before the "at" at token `end`, its first token, and whether words had to be joined."""
    first = end
    while first > 0 and (found[first - 1].low not in _START or _is_spelled(found, first - 1)):
        low = found[first - 1].low
        if low not in _SIGNS and low not in _SKIPPED and not low.replace("'", "").isalnum():
            break
        if low == "." and found[first - 1].end < found[first].start and not _near(found, first - 1):
            break  # the sentence before ended
        first -= 1
    return parse_local(found[first:end], first)


def _is_spelled(found: Sequence[Token], at: int) -> bool:
    """Whether the letter "i" or "e" at `at` stands beside other single letters."""
    if len(found[at].low) != 1:
        return False
    beside = [found[n].low for n in (at - 1, at + 1) if 0 <= n < len(found) and found[n].low not in _AT]
    return any(len(low) == 1 and low.isalnum() for low in beside)


def _near(found: Sequence[Token], at: int) -> bool:
    return at > 0 and found[at].start == found[at - 1].end and found[at - 1].low not in _START


def parse_local(found: Sequence[Token], first: int = 0) -> tuple[str, int, bool] | None:
    """Words, letters and signs as one part of an address; `first` is the first token's index."""
    value, guessed, loose, spelled_before = "", False, False, False
    at = 0
    while at < len(found):
        low = found[at].low
        if low in _SIGNS:
            value, loose = value + _SIGNS[low], False
            at += 1
            continue
        if low in _SKIPPED:
            at += 1
            continue
        piece = _piece(found, at)
        if piece is None:
            return None
        token_spelled = (
            len(piece[0]) == 1 or low in REPEATS or low.isdecimal() or low in TEENS | TENS | DIGITS
        )
        letter = NATO[low].lower() if low in NATO and (spelled_before or _spelled_next(found, at)) else None
        guessed = guessed or (loose and not token_spelled and not spelled_before)
        if low in REPEATS and not spelled_before and value.endswith(piece[0]):
            at = piece[1]  # "abbott, double t": said of the word before
            continue
        value += letter or piece[0]
        loose, spelled_before = True, token_spelled or letter is not None
        at = piece[1]
    value = value.strip("._-+")
    return (value, first, guessed) if value and ".." not in value else None


def _spelled_next(found: Sequence[Token], at: int) -> bool:
    following = found[at + 1].low if at + 1 < len(found) else ""
    return following in NATO or (len(following) == 1 and following.isalpha())
