"""What a caller changes in a value read back: "no, four not five", "the last digit is 6", "it's 12346"."""

import re

from agent.dialogue.slots_digits import digit_runs, digits
from agent.dialogue.slots_found import Found
from agent.dialogue.slots_numbers import ORDINALS
from agent.dialogue.spelling import identifier, symbols

_SOUND_ALIKE = {
    "5": "9", "9": "51", "0": "4", "1": "9", "6": "8", "8": "63", "3": "28", "2": "3", "7": "1", "4": "05",
    "B": "DPVE38", "D": "BTPE", "P": "BTD", "T": "DP", "M": "N", "N": "M", "F": "S", "S": "FX", "V": "BZ",
    "A": "8JK", "J": "KA", "K": "JA", "I": "Y", "Y": "I", "G": "JD", "Z": "CVS", "C": "ZT", "E": "BDP",
}  # fmt: skip
"""Digits and letters that a telephone line confuses."""
_SPOT = re.compile(
    r"\b(?P<place>first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|last|final|middle)\s+"
    r"(?P<count>one|two|three|four|\d)?\s*(?P<what>digits?|numbers?|letters?|characters?|figures?|ones?)?\b"
)
_ONE_OF_SEVERAL = re.compile(r"\b(?:first|second|third|fourth|fifth|last) one\W*$")
""" "The second one": one of several things, no digit."""
_ENDS = re.compile(r"\b(?:ends?|ending|finishes)\s+(?:in|with|on)\b")
_STARTS = re.compile(r"\b(?:starts?|begins?|starting|beginning)\s+(?:in|with|on)\b")
_ADDED = re.compile(
    r"\b(?:another|missed|missing|forgot|left out|add|plus an?|one more|there's (?:also )?an? (?:extra|"
    r"other))\b"
)
_NOT_AFTER = re.compile(r"\b(?:instead of|rather than|not|isn't|wasn't|and not)\b")
_SHOULD_BE = re.compile(
    r"\b(?:should (?:be|have been)|is (?:really|actually|supposed to be)|is an?|was meant to be|to "
    r"(?:an? )?(?=\S+[.!]?$)|"
    r"with|must be|needs to be|ought to be)\b"
)
_DENIAL = re.compile(
    r"\b(?:no|nope|nah|wrong|sorry|actually|i said|i mean|i meant|it's|it is|that's|should be|not)\b"
)
_TAKES_BACK = re.compile(
    r"\W*(?:(?:um|uh|oh)\W+)*(?:(?:no|sorry|wait|actually|i mean|i meant|correction|rather|make (?:that|it)|"
    r"scratch that)\W+)+(?:(?:no|it's|that's|an?|the|rather|sorry|i mean|i meant)\W+)*"
)
"""What stands between a number and its correction in one breath."""
_SAID = re.compile(r"\bi (?:said|mean|meant|told you)\b")


def correction(text: str, previous: str) -> Found[str] | None:
    """`previous` as the caller corrects it in `text`, or None where no correction is heard.

    `previous` is digits, or an identifier with letters. Doubtful where more than one place fits, or
    where only the sound says which place was meant.
    """
    if not previous:
        return None
    low = text.lower().replace("’", "'")
    for reader in (_whole, _spot, _edge, _exchanged, _added, _said_again):
        hit = reader(low if reader is not _whole else text, previous)
        if hit is not None and hit.value != previous:
            return hit
    return None


def in_breath(text: str, said: Found[str]) -> Found[str] | None:
    """`said` as what follows it in the same words corrects it: "12345, I mean six". Doubtful, for the place
    is a guess: the end. None where nothing is taken back there, or a whole number follows."""
    tail = re.split(r"[.?!]\s+(?=\w+ \w+ \w+ \w+)", text[said.span[1] :].lower().replace("’", "'"))[0]
    match = _TAKES_BACK.match(tail)
    if match is None:
        return None
    if (mended := correction(tail, said.value)) is not None and len(mended.value) == len(said.value):
        return Found(mended.value, said.span, True, "guess")
    rest = tail[match.end() :]
    new = digits(rest)
    if new is None or new.span[0] or not re.fullmatch(r"\W*(?:at the end)?\W*", rest[new.span[1] :]):
        return None
    if len(new.value) >= len(said.value):
        return None
    return Found(said.value[: -len(new.value)] + new.value, said.span, True, "guess")


def _read(text: str, previous: str, length: int | None = None) -> Found[str] | None:
    if previous.isdecimal():
        return digits(text, length) or _lone_homophone(text)
    return identifier(text, length=length)


def _lone_homophone(text: str) -> Found[str] | None:
    """ "for" alone, where a digit must stand."""
    stripped = re.sub(r"[^\w ]+", " ", text.lower()).split()
    stripped = [w for w in stripped if w not in {"a", "an", "the", "it's", "is", "no"}]
    weak = {
        "for": "4",
        "fore": "4",
        "to": "2",
        "too": "2",
        "ate": "8",
        "won": "1",
        "tree": "3",
        "oh": "0",
        "o": "0",
    }
    if len(stripped) == 1 and stripped[0] in weak:
        return Found(weak[stripped[0]], (0, len(text)), True, "homophone")
    return None


def _whole(text: str, previous: str) -> Found[str] | None:
    """A whole new value of the same length, if it isn't the one denied ("not 12345")."""
    if previous.isdecimal():
        runs = [run for run in digit_runs(text) if len(run.value) == len(previous)]
    else:
        hit = identifier(text, length=len(previous))
        runs = [hit] if hit is not None and len(hit.value) == len(previous) and not hit.doubtful else []
    fresh = [
        run for run in runs if not _NOT_AFTER.search(text[max(0, run.span[0] - 8) : run.span[0]].lower())
    ]
    if not fresh or (len(previous) == 1 and not _DENIAL.search(text.lower())):
        if not fresh:
            hit = digits(text, len(previous)) if previous.isdecimal() and len(previous) > 2 else None
            if hit is not None and len(hit.value) == len(previous):
                denied = _NOT_AFTER.search(text[: hit.span[0]].lower())
                put_right = denied is not None and digits(text[denied.end() : hit.span[0]]) is not None
                if put_right or not _NOT_AFTER.search(text.lower()):
                    return hit
        return fresh[-1] if fresh else None
    chosen = fresh[-1]
    return Found(chosen.value, chosen.span, chosen.doubtful, chosen.why)


def _spot(low: str, previous: str) -> Found[str] | None:
    """ "the last digit is 6", "change the third digit to 2", "the last two are 45"."""
    match = _SPOT.search(low)
    if match is None or _ONE_OF_SEVERAL.search(low):
        return None
    count_word = match["count"]
    rest = low[match.end() :]
    rest = (
        _NOT_AFTER.split(rest)[0]
        if not re.match(r"\s*(?:is|was)?\s*not\b", rest)
        else re.split(r"[,;]|\bbut\b|\bit's\b", rest, maxsplit=1)[-1]
    )
    if count_word and not match["what"] and not re.search(r"\b(?:is|are|was|were|to|should)\b|[a-z]", rest):
        count_word, rest = None, low[match.start("count") :]
    new = _read(re.sub(r"^\s*(?:is|are|was|were|should be|to|into|as)\b", " ", rest), previous)
    if new is None and match["what"] is None and count_word:
        new, count_word = _read(low[match.start("count") :], previous), None
    if new is None:
        return None
    count = {"two": 2, "three": 3, "four": 4}.get(count_word or "", 0) or (
        int(count_word) if count_word and count_word.isdecimal() else 1
    )
    if len(new.value) != count and not (count == 1 and match["what"] and match["what"].endswith("s")):
        if count > 1 or len(new.value) > 2:
            return None
    size = max(count, len(new.value))
    place = match["place"]
    if place in {"last", "final"}:
        start = len(previous) - size
    elif place == "middle":
        start = (len(previous) - size) // 2
    elif place == "first":
        start = 0
    else:
        start = ORDINALS[place] - 1
    if start < 0 or start + size > len(previous):
        return None
    value = previous[:start] + new.value + previous[start + size :]
    return Found(value, (0, len(low)), new.doubtful and new.why != "homophone", new.why)


def _edge(low: str, previous: str) -> Found[str] | None:
    """ "it ends in 46", "it starts with a 2"."""
    for pattern, at_end in ((_ENDS, True), (_STARTS, False)):
        match = pattern.search(low)
        if match is None:
            continue
        new = _read(_NOT_AFTER.split(low[match.end() :])[0], previous)
        if new is None or len(new.value) >= len(previous):
            continue
        size = len(new.value)
        value = previous[:-size] + new.value if at_end else new.value + previous[size:]
        return Found(value, (0, len(low)))
    return None


def _exchanged(low: str, previous: str) -> Found[str] | None:
    """ "four not five", "not 45, 54", "the five should be a four", "change the 5 to a 4"."""
    pair = _pair(low, previous)
    if pair is None:
        return None
    new, old = pair
    if not old or not new or new == old:
        return None
    places = [at for at in range(len(previous)) if previous.startswith(old, at)]
    if not places:
        return None
    if len(places) > 1:
        places.sort(key=lambda at: at)
        at = places[-1]
        return Found(previous[:at] + new + previous[at + len(old) :], (0, len(low)), True, "several")
    at = places[0]
    return Found(
        previous[:at] + new + previous[at + len(old) :],
        (0, len(low)),
        len(new) != len(old),
        "length" if len(new) != len(old) else "",
    )


def _pair(low: str, previous: str) -> tuple[str, str] | None:
    """What is right and what was wrong, as symbols."""
    if match := re.search(
        r"\b(?:change|switch|replace|swap|make)\b(.+?)\b(?:to|with|into|for|by)\b(.+)", low
    ):
        old, new = _read(match[1], previous), _read(match[2], previous)
        if old and new:
            return new.value, old.value
    leading = re.search(
        r"(?:^|[,.!;]\s*|\b(?:no|it's|is|that's|and)\s+)(?:not|isn't|it's not)\s+(?:an?\s+|the\s+)?(.+)$", low
    )
    if leading and not _symbols_before(low[: leading.start(1)], previous):
        parts = re.split(r"[,;.]\s*|\bbut\b|\bit's\b|\bit is\b|\brather\b", leading[1], maxsplit=1)
        if len(parts) == 2:
            old, new = _read(parts[0], previous), _read(parts[1], previous)
            if old and new:
                return new.value, old.value
        sequence = (
            symbols(leading[1])
            if not previous.isdecimal()
            else "".join(r.value for r in digit_runs(leading[1]))
        )
        if len(sequence) == 2:
            return sequence[1], sequence[0]
    parts = _NOT_AFTER.split(low, maxsplit=1)
    if len(parts) == 2:
        new, old = _read(_last_clause(parts[0]), previous), _read(parts[1], previous)
        if new and old:
            return new.value, old.value
    parts = _SHOULD_BE.split(low, maxsplit=1)
    if len(parts) == 2:
        old, new = _read(parts[0], previous), _read(parts[1], previous)
        if old and new:
            return new.value, old.value
    return None


def _symbols_before(text: str, previous: str) -> bool:
    return bool(digit_runs(text)) if previous.isdecimal() else len(symbols(text)) > 0


def _last_clause(text: str) -> str:
    """Without what was said before the new digit: "no, it's four" -> "four"."""
    stripped = re.sub(
        r"\b(?:no|nope|sorry|actually|it's|it is|that's|i said|i meant?|a|an|the|and|is)\b", " ", text
    )
    return re.sub(r"^[\s,.;]+|[\s,.;]+$", "", stripped)


def _added(low: str, previous: str) -> Found[str] | None:
    """ "you missed a 5 at the end", "there's another zero at the start"."""
    if not _ADDED.search(low):
        return None
    new = _read(low, previous)
    if new is None or len(new.value) > 2:
        return None
    if re.search(r"\b(?:at|in|on|from) (?:the )?(?:start|beginning|front)\b", low):
        return Found(new.value + previous, (0, len(low)))
    sure = bool(re.search(r"\b(?:at|in|on) (?:the )?end\b", low))
    return Found(previous + new.value, (0, len(low)), not sure, "" if sure else "guess")


def _said_again(low: str, previous: str) -> Found[str] | None:
    """ "I said seven": the one place that sounds like it."""
    if not _SAID.search(low):
        return None
    new = _read(low[_SAID.search(low).end() :], previous)  # type: ignore[union-attr]
    if new is None or len(new.value) != 1:
        return None
    alike = _SOUND_ALIKE.get(new.value, "")
    places = [at for at, symbol in enumerate(previous) if symbol in alike]
    if not places:
        return None
    at = places[-1]
    return Found(previous[:at] + new.value + previous[at + 1 :], (0, len(low)), True, "guess")
