"""One part of a value put right: a letter of a name, a word of an e-mail address, a place of a postcode."""

import re

from rapidfuzz import fuzz

from agent.dialogue.slots_answers import yes_no
from agent.dialogue.slots_correction import correction
from agent.dialogue.slots_digits import digits
from agent.dialogue.slots_email import domain_after, email, parse_local, spelled_apart
from agent.dialogue.slots_found import Found
from agent.dialogue.slots_name import hint_of, name, spelled_parts, with_hint
from agent.dialogue.slots_numbers import tokens
from agent.dialogue.slots_postcode import in_form, postcode

_DENIAL = re.compile(
    r"^(?:\W*\b(?:no|nope|nah|not quite|almost|sorry|actually|wrong|it's|it is|that's|i said|i meant?|"
    r"should be|it should be|the)\b[\s,.:]*)+",
    re.I,
)
_INSTEAD = re.compile(r",?\s*\b(?:instead of|rather than|and not|not)\b\s*", re.I)
_SHOULD_BE = re.compile(r"\b(?:should be|is really|is actually|becomes|into|to)\b", re.I)
_WITHOUT = re.compile(
    r"\b(?:without|no|there's no|take out|leave out|drop)\s+(?:the |a |an |any )?(.+)$", re.I
)
_LETTER = re.compile(r"(?<![\w'])[a-z](?![\w'])", re.I)
_LETTERS = r"((?:[a-z][\s,-]*)+)"
_LETTERS_NOT = re.compile(
    rf"\b(?:an?\s+)?(?<![\w']){_LETTERS}(?:instead of|rather than|and not|not)\s+"
    rf"(?:an?\s+)?{_LETTERS}(?![\w'])",
    re.I,
)
_PART = re.compile(
    r"^(?:the )?(?:domain|provider|second part|last part|end|it ends (?:in|with|on)|ending in)(?: is)?\s+",
    re.I,
)
_SAME_WORD = 55.0
"""Likeness (0..100) from which a spelled word stands for one of an address."""
_SIGNS = "._-+"


def name_corrected(text: str, previous: str) -> Found[str] | None:
    """`previous` with one letter, one word or the whole name as `text` has it; None where nothing is new."""
    spelled = [part for part in spelled_parts(text) if len(part.letters) > 2]
    hint = None if spelled else hint_of(text)
    if hint is not None:
        value = with_hint(previous, hint)
        return _new(value, previous, text)
    *before, word = previous.split(" ")
    if (exchanged := _letters_exchanged(text, word)) is not None:
        return _new(" ".join([*before, exchanged]), previous, text)
    if not spelled and _LETTER.search(text):
        mended = correction(text, word.upper()) if word.isalpha() else None
        if mended is not None:
            return _new(" ".join([*before, mended.value.capitalize()]), previous, text)
    found = None if yes_no(text) else name(_DENIAL.sub("", text.strip()))
    if found is None:
        return None
    words, held = found.value.split(" "), previous.split(" ")
    if len(words) == 1 and len(held) > 1:
        likeness = [fuzz.ratio(words[0].lower(), word.lower()) for word in held]
        at = max(range(len(held)), key=lambda n: (likeness[n], n))
        words = [*held[:at], words[0], *held[at + 1 :]]
    return _new(" ".join(words), previous, text)


def _letters_exchanged(text: str, word: str) -> str | None:
    """ "M Y, not M I", "an E instead of an A": the letters put into `word`."""
    match = _LETTERS_NOT.search(spelled_apart(text))
    if match is None:
        return None
    new, old = ("".join(re.findall("[a-z]", part.lower())) for part in match.groups())
    at = word.lower().rfind(old)
    return None if at < 0 else (word[:at] + new + word[at + len(old) :]).capitalize()


def postcode_corrected(text: str, previous: str, country: str) -> Found[str] | None:
    """`previous` with the places that `text` changes, in the country's form."""
    whole = postcode(text, country)
    if whole is not None and not whole.doubtful and not _INSTEAD.search(text):
        return _new(whole.value, previous, text)
    mended = correction(text, re.sub(r"[\s-]", "", previous))
    return None if mended is None else _new(in_form(mended.value, country), previous, text)


def email_corrected(text: str, previous: str) -> Found[str] | None:
    """`previous` with what `text` puts in place of a part of it: a sign, a word, the domain, its end."""
    whole = email(text)
    if whole is not None and not _INSTEAD.search(text):
        return _new(whole.value, previous, text)
    said = _DENIAL.sub("", text.strip()).strip(" .,!?")
    value = _exchanged(said, previous) or _domain(said, previous) or _left_out(text, previous)
    return _new(value or _word(said, previous), previous, text)


def text_corrected(text: str, previous: str) -> Found[str] | None:
    """`previous` with a word ("Road, not Lane") or its number ("no, 14") put in the place of another."""
    said = _DENIAL.sub("", text.strip()).strip(" .,!?")
    said = re.sub(r"^(?:the )?(?:house )?number (?:is|should be)\s+", "", said, flags=re.I)
    parts = _INSTEAD.split(said, maxsplit=1)
    if len(parts) == 2 and parts[0].strip(" ,.;"):
        new, old = (part.strip(" ,.;") for part in parts)
        old = re.sub(r"^(?:an?|the)\s+", "", old, flags=re.I)
        exchanged = re.sub(rf"\b{re.escape(old)}\b", lambda _: new, previous, count=1, flags=re.I)
        return _new(exchanged, previous, text)
    number = digits(said)
    if number is not None and re.fullmatch(r"[\d\s]+|[a-z\s-]+", said, re.I) and re.search(r"\d", previous):
        if len(said.split()) <= len(number.value) + 1:
            return _new(re.sub(r"\d+", number.value, previous, count=1), previous, text)
    return None


def _new(value: str | None, previous: str, text: str) -> Found[str] | None:
    return None if not value or value == previous else Found(value, (0, len(text)), True, "corrected")


def _exchanged(said: str, previous: str) -> str | None:
    """ "underscore instead of dot", "gmail not hotmail", "the dot should be a dash"."""
    parts = _INSTEAD.split(said, maxsplit=1)
    if len(parts) == 2 and parts[0].strip(" ,.;"):
        new, old = parts
    elif len(parts) == 2:  # "not hotmail, gmail"
        halves = re.split(r"[,;.]\s*|\bbut\b|\bit's\b", parts[1], maxsplit=1)
        old, new = (halves[0], halves[1]) if len(halves) == 2 else ("", "")
    else:
        halves = _SHOULD_BE.split(said, maxsplit=1)
        old, new = (halves[0], halves[1]) if len(halves) == 2 else ("", "")
    old_part, new_part = _fragment(old), _fragment(new)
    if not old_part or not new_part or old_part not in previous:
        return None
    at = previous.rfind(old_part)
    if old_part in _SIGNS and "@" in previous:  # a sign is one of the part before the "at"
        local = previous.split("@", 1)[0]
        at = local.rfind(old_part)
    return None if at < 0 else previous[:at] + new_part + previous[at + len(old_part) :]


def _fragment(said: str) -> str:
    """A sign, a word, spelled letters or several of them as they stand in an address."""
    low = re.sub(r"\b(?:change|make|an?|the|with|it's|it is|word|part|letter|is|be)\b", " ", said.lower())
    found = tokens(spelled_apart(low))
    signs = {"dot": ".", "point": ".", "underscore": "_", "dash": "-", "hyphen": "-", "plus": "+"}
    if len(found) == 1 and found[0].low in signs:
        return signs[found[0].low]
    lead = "." if found and found[0].low in {"dot", "."} else ""
    parsed = parse_local(found)
    return "" if parsed is None else lead + parsed[0]


def _domain(said: str, previous: str) -> str | None:
    """ "at gmail dot com", "gmail dot com": the address at another domain; "dot org": its end."""
    local, _, domain = previous.partition("@")
    found = tokens(_PART.sub("", said))
    at = 1 if found and found[0].low in {"at", "@"} else 0
    if found and found[0].low in {"dot", "."} and len(found) <= 4:
        end = domain_after(tokens("x " + " ".join(token.low for token in found)), 0)
        kept = domain.rsplit(".", 1)[0]
        return None if end is None else f"{local}@{kept}{end[0][1:]}"
    named = domain_after(found, at)
    if named is None or named[1] < len(found) - 1:
        return None
    return f"{local}@{named[0]}"


def _left_out(said: str, previous: str) -> str | None:
    """ "without the dot", "no underscore"."""
    match = _WITHOUT.search(said.strip(" .,!?"))
    part = _fragment(match[1]) if match else ""
    local, _, domain = previous.partition("@")
    if not part or part not in local or part == local:
        return None
    at = local.rfind(part)
    return f"{local[:at]}{local[at + len(part) :]}@{domain}"


def _word(said: str, previous: str) -> str | None:
    """A word, spelled or said, in the place of the one of the address that is most like it."""
    local, _, domain = previous.partition("@")
    spelled = spelled_parts(said)
    if spelled:
        new = spelled[-1].letters.lower()
    else:
        rest = re.sub(
            r"^(?:the )?(?:first part|name|beginning|part before the at)(?: is)?\s+", "", said, flags=re.I
        )
        if len(rest.split()) > 5 or not (new := _fragment(rest)) or len(new) < 3:
            return None
        if any(sign in new for sign in _SIGNS):
            return f"{new}@{domain}" if fuzz.ratio(new, local) >= _SAME_WORD else None
    pieces = re.split(r"([._+-])", local)
    likeness = [fuzz.ratio(new, piece) if piece not in _SIGNS else 0.0 for piece in pieces]
    at = max(range(len(pieces)), key=lambda n: likeness[n])
    if likeness[at] < _SAME_WORD:
        return None
    return "".join([*pieces[:at], new, *pieces[at + 1 :]]) + f"@{domain}"
