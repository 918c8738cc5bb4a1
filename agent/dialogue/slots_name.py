"""People's names as callers say and spell them: "Smith, S M I T H", "Abbott with a double T"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz import fuzz

from agent.dialogue.slots_digits import REPEATS
from agent.dialogue.slots_email import spelled_apart
from agent.dialogue.slots_found import Found
from agent.dialogue.spelling import Symbol, runs_of_symbols

_LEADS = re.compile(
    r"^(?:(?:yes|yeah|yep|no|nope|sure|okay|ok|well|so|oh|uh|um|er|hi|hello|sorry|actually|certainly|"
    r"of course|i said|i meant?|it is|it's|its|that's|that is|that would be|this is|i'm|i am|and|the|please|"
    r"the name is|the name's|name is|my (?:full |first |last |sur|family )?name(?: is|'s)|"
    r"my surname(?: is|'s)|(?:the |and )?(?:first|last|family|full) name(?: is|'s)?|surname(?: is)?|"
    r"under(?: the name(?: of)?)?|in the name of|mr|mrs|ms|miss|dr|doctor|mister|it should be|spelled|"
    r"spelt)\b[\s,.:]*)+",
    re.I,
)
_NAMED = re.compile(
    r"\b(?:my (?:full |last |sur|family )?name(?: is|'s)|my surname(?: is|'s)|(?:last|family) name(?: is)?|"
    r"surname is|the name(?: is|'s)|in the name of|under the name(?: of)?)\s+(.+)$",
    re.I,
)
_GOES_ON = re.compile(
    r"[.?!;]|,?\s+(?:and|but)\s+(?:i|my|where|what|when|can)\b|"
    r",\s*(?=(?:where|what|when|who|how|can|could|is|my|i)\b)",
    re.I,
)
"""Where the sentence goes on after a name."""
_TAILS = re.compile(
    r"[\s,.]+(?:please|speaking|here|calling|thanks|thank you|sir|ma'am|again|that's (?:it|right|all))"
    r"[\s,.!]*$",
    re.I,
)
_MIDDLES = re.compile(
    r"\b(?:and (?:my |the )?)?(?:last|family|sur|first|second|middle) ?name(?: is|'s)?\b", re.I
)
_SPELLING = re.compile(
    r"\b(?:that's|that is|it's|is|and it's|which is)?\s*(?:spelled|spelt|spelling)\b", re.I
)
_NO_NAMES = frozenset(
    "i you he she we they it me him them what where when why who which how is are was were be been am do "
    "does did don't doesn't didn't have has had can could would should will won't can't not know knew "
    "think want need like get got give tell say said spell repeat help order orders bill number account "
    "card email address street zip code postcode yes no yeah nope okay ok maybe sure sorry pardon hello "
    "hi bye goodbye thanks thank please wait moment hold second minute again something nothing anything "
    "someone person human agent operator robot machine this that these those there here a an my your his "
    "its our their of for from with at on in to by about but or if because just only really very too also "
    "already still never always today tomorrow yesterday stupid forgot forget remember idea problem "
    "question appointment refund return delivery product name names "
    "right correct wrong incorrect exactly perfect fine great true absolutely definitely letter".split()
)
_PARTICLES = frozenset("van von der den de da di la le du del dos el bin al ter ten zu mac mc st".split())
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_MOST_WORDS = 4
_SAME_NAME = 60.0
"""Likeness (0..100) from which letters spell the word said before them."""
_SOUND_ALIKE = {
    "y": "ie", "i": "ye", "e": "aiy", "a": "eo", "o": "au", "u": "o", "k": "cq", "c": "ks", "q": "k",
    "s": "zc", "z": "sc", "f": "v", "v": "fw", "w": "v", "m": "n", "n": "m", "d": "t", "t": "d", "b": "p",
    "p": "b", "g": "j", "j": "gy",
}  # fmt: skip
_HINT = re.compile(
    r"\b(?:with|has|have|there's|plus|but)\b(?: just| only)? (?P<count>an?|one|single|double|two|no|the)? ?"
    r"(?:letter )?(?P<letter>[a-z])(?:'?s)?\b(?P<place>[\w ]*)",
    re.I,
)


def name(text: str, *, asked: bool = True) -> Found[str] | None:
    """The name in `text`, its words capitalised; what was spelled wins over what was said before it.

    Without `asked`, only after words that announce it ("my name is ..."). Doubtful where it is one that a
    hint changed ("Smith with a Y"). None for a sentence that isn't a name.
    """
    said = text.replace("’", "'").strip()
    if not asked:
        announced = _NAMED.search(said)
        if announced is None:
            return None
        said = _GOES_ON.split(announced[1])[0]
    said, hints = _without_hints(said)
    said = _SPELLING.sub(",", _TAILS.sub("", said.strip(" .,!?")))
    said = _LEADS.sub("", _MIDDLES.sub(" ", said)).strip(" .,!?")
    spelled = spelled_parts(said)
    if spelled:
        words = _merged(_words_beside(said, spelled), [part.letters for part in spelled])
    else:
        words = _WORD.findall(said)
        if any(word.lower() in _NO_NAMES for word in words) or re.search(r"\d|\?", said):
            return None
    if not words or len(words) > _MOST_WORDS:
        return None
    value = " ".join(capitalised(word) for word in words)
    hinted = value
    for hint in hints:
        hinted = with_hint(hinted, hint) or hinted
    return Found(hinted, (0, len(text)), hinted != value, "hint" if hinted != value else "")


@dataclass(frozen=True, slots=True)
class Spelled:
    """A word spelled letter by letter, and its characters of the text."""

    letters: str
    start: int
    end: int


def spelled_parts(text: str) -> list[Spelled]:
    """Words spelled letter by letter, two letters or more: "J A N E, S M I T H" -> JANE, SMITH."""
    text = re.sub(r"(?<=-[A-Za-z])\s(?=[A-Za-z]-)", ",", text)  # "J-A-N-E S-M-I-T-H" are two words
    text = re.sub(r"\boh\b", "O ", text, flags=re.I)  # in a name a letter
    words: list[Spelled] = []
    for run in runs_of_symbols(spelled_apart(text)):
        for part in _parted(text, run):
            letters = "".join(symbol[0] for symbol in part)
            singles = sum(1 for symbol in part if len(symbol[1].text) == 1 or symbol[3] == "sure")
            if len(letters) >= 2 and letters.isalpha() and singles >= 2:
                words.append(Spelled(letters, part[0][1].start, part[-1][2].end))
    return words


def _parted(text: str, run: Sequence[Symbol]) -> list[list[Symbol]]:
    """A run cut where the caller began another word: at a comma, "space" or "new word" between letters."""
    parts: list[list[Symbol]] = []
    for symbol in run:
        between = text[parts[-1][-1][2].end : symbol[1].start].lower() if parts else ","
        glued = len(symbol[1].text) > 1 and symbol[1].text.isupper() and symbol[1].text.isalpha()
        before = parts[-1][-1][1] if parts else None
        both = glued and before is not None and before is not symbol[1] and len(before.text) > 1
        cut = (
            "space" in between or "word" in between or (both and before is not None and before.text.isupper())
        )
        comma = "," in between and parts and len(parts[-1]) >= 2 and "-" not in between
        spaced = comma and not _comma_each(text, run)
        if not parts or cut or spaced:
            parts.append([])
        parts[-1].append(symbol)
    return parts


def _comma_each(text: str, run: Sequence[Symbol]) -> bool:
    """Whether nearly every letter of the run is followed by a comma ("S, M, I, T, H")."""
    gaps = [text[a[2].end : b[1].start] for a, b in pairwise(run) if a[2] is not b[2]]
    return bool(gaps) and sum("," in gap for gap in gaps) * 2 >= len(gaps)


def _words_beside(said: str, spelled: Sequence[Spelled]) -> list[str]:
    """Words of a name that stand beside the spelled letters."""
    for part in spelled:
        said = said[: part.start] + " " * (part.end - part.start) + said[part.end :]
    words = [word for word in _WORD.findall(said) if len(word) > 1 and word.lower() not in REPEATS]
    return [word for word in words if word.lower() not in _NO_NAMES | {"space", "new", "word", "then"}]


def _merged(said: Sequence[str], spelled: Sequence[str]) -> list[str]:
    """The words said, each replaced by the letters that spell it; letters of another name go behind."""
    words, joined = list(said), "".join(spelled)
    if len(said) == 1 and len(spelled) > 1:
        apart = max(fuzz.ratio(said[0].lower(), letters.lower()) for letters in spelled)
        if fuzz.ratio(said[0].lower(), joined.lower()) > apart:
            spelled = [joined]  # one name, spelled with a pause in it
    for letters in spelled:
        likeness = [fuzz.ratio(word.lower(), letters.lower()) for word in words]
        best = max(range(len(words)), key=lambda n: likeness[n], default=-1)
        if best >= 0 and (likeness[best] >= _SAME_NAME or words[best][0].lower() == letters[0].lower()):
            words[best] = letters
        elif len(said) == 1 and len(spelled) == 1:
            words = [letters]  # what was heard before them was the same name, misheard
        else:
            words.append(letters)
    return words


def capitalised(word: str) -> str:
    """ "smith-jones" -> Smith-Jones, "o'neil" -> O'Neil, "van" stays."""
    if word.lower() in _PARTICLES and word.lower() not in {"mac", "mc", "st"}:
        return word.lower()
    if not word.isupper() and not word.islower():
        return word
    return re.sub(r"[^\W\d_]+", lambda match: match[0][:1].upper() + match[0][1:].lower(), word)


def _without_hints(text: str) -> tuple[str, list[re.Match[str]]]:
    hints = [match for match in _HINT.finditer(text) if not _spells_on(match)]
    for match in reversed(hints):
        text = text[: match.start()] + text[match.end() :]
    return text, hints


def _spells_on(match: re.Match[str]) -> bool:
    """Whether a letter stands among others that are spelled: no hint, but the spelling itself."""
    return re.match(r"[\s,-]+[a-z]\b", match["place"] + match.string[match.end() :], re.I) is not None


def hint_of(text: str) -> re.Match[str] | None:
    """ "with a Y", "with two Ts", "no E at the end": how a name differs from what is thought."""
    low = re.sub(r"^\W*no[,.] *(?=(?:(?:an?|double|two|one) )?[a-z]\b)", "with ", text.strip(), flags=re.I)
    low = re.sub(r"^\W*(?:no )?(?:only |just )?(?=(?:double|two|one) [a-z]\b)", "with ", low, flags=re.I)
    low = re.sub(r"\b(?:without|no)(?: an?| the)? (?=[a-z]\b)", "with no ", low, flags=re.I)
    match = _HINT.search(low)
    return None if match is None or _spells_on(match) else match


def with_hint(value: str, hint: re.Match[str]) -> str | None:
    """`value` with the letter that `hint` speaks of put in, doubled or taken out; None where it can't be."""
    letter, count, place = hint["letter"].lower(), (hint["count"] or "a").lower(), hint["place"].lower()
    *before, word = value.split(" ")
    low = word.lower()
    if count == "no":
        at = low.rfind(letter)
        changed = None if at < 0 else low[:at] + low[at + 1 :]
    elif count in {"double", "two"}:
        at = low.rfind(letter)
        changed = low if letter * 2 in low else None if at < 0 else low[:at] + letter + low[at:]
    elif count in {"one", "single"}:
        changed = low.replace(letter * 2, letter)
    elif "end" in place or (letter == "e" and low[-1] not in "aeiouy" and "middle" not in place):
        changed = low if low.endswith(letter) else low + letter
    elif "start" in place or "beginning" in place or "front" in place:
        changed = low if low.startswith(letter) else letter + low[1:]
    else:
        changed = _alike_replaced(low, letter)
    if changed is None:
        return None
    return " ".join([*before, capitalised(changed)])


def _alike_replaced(low: str, letter: str) -> str | None:
    """The one letter that sounds like `letter` replaced by it; as it is where the letter is there."""
    if letter in low:
        return low
    if letter == "f" and "ph" in low:
        return low.replace("ph", "f", 1)
    for other in _SOUND_ALIKE.get(letter, ""):
        places = [at for at, sign in enumerate(low) if sign == other]
        if places:
            at = places[0] if places[0] > 0 or len(places) == 1 else places[1]
            return low[:at] + letter + low[at + 1 :]
    return None
