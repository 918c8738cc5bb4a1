"""Answers to a question: yes or no, one of several, and keys pressed."""

import re
from collections.abc import Sequence

from rapidfuzz import fuzz

from agent.dialogue.slots_found import Found
from agent.dialogue.slots_numbers import ORDINALS, cardinal, tokens, words

_NO = re.compile(
    r"\b(?:no|nope|nah|nay|negative|never|incorrect|wrong|false|not (?:really|right|correct|quite|true|"
    r"exactly|"
    r"at all|today|now|yet|necessary|interested|that|it|the one)|don't (?:think|want|need|do|bother)|do not|"
    r"didn't|isn't|it's not|is not|that's not|that is not|i'd rather not|i would not|wouldn't|uh-uh|nuh-uh|"
    r"i'm (?:good|fine|all set)|that's (?:all|it)|nothing (?:else|more)|not)\b"
)
_YES = re.compile(
    r"\b(?:yes|yeah|yep|yup|ya|yah|aye|sure|correct|right|exactly|absolutely|definitely|certainly|"
    r"affirmative|"
    r"indeed|true|of course|okay|ok|please do|go ahead|sounds (?:good|great|fine|right)|that works|that's it|"
    r"that's (?:the one|fine|good|great|perfect)|perfect|why not|i do|"
    r"i would(?! (?:like|love|prefer|need|want|rather)\b(?! (?:that|it|so)\b))|"
    r"i am|it is|that is|uh-huh|"
    r"mm-hmm|"
    r"mhm|mm-hm|fine|great|do it|(?:it|that) please|by all means|you bet|you got it)\b|^please$"
)
_EMPTY_NO = re.compile(
    r"\b(?:no problem|no worries|no doubt|no question|why not|not a problem|can't complain|not bad|"
    r"don't (?:worry|mind)|wouldn't mind)\b"
)
_UNSURE = re.compile(
    r"\b(?:i don't know|don't know|not sure|no idea|maybe|perhaps|i'm unsure|can't remember)\b"
)
_HEDGED_NO = re.compile(r"\b(?:i don't think so|i do not think so|i think not|i guess not|hope not)\b")
_STRONG_NO = re.compile(r"\b(?:no|nope|nah|wrong|incorrect|that's not|not (?:right|correct|quite)|isn't)\b")
_STRONG_YES = re.compile(r"\b(?:yes|yeah|yep|yup|correct|exactly|that's right|absolutely|definitely)\b")
_POSITION_WORDS = {"former": 0, "latter": -1, "last": -1, "final": -1, "bottom": -1, "top": 0}
_STOP = frozenset(
    "the a an one ones of my please i want would like to it is that and for in on with order".split()
)
_SURE_RATIO = 84.0
_LEAST_RATIO = 70.0
_CLEAR_LEAD = 8.0


def yes_no(text: str) -> bool | None:
    """True for a yes, False for a no, None where it is neither or both."""
    low = re.sub(r"[^\w'\- ]+", " ", text.lower().replace("’", "'"))
    low = re.sub(r"\s+", " ", low).strip()
    if _HEDGED_NO.search(low):
        return False
    if _UNSURE.search(low):
        return None
    agreed = bool(_EMPTY_NO.search(low))
    low = _EMPTY_NO.sub(" ", low)
    if re.match(r"(?:no|nope|nah)\b", low):
        rest = low.split(" ", 1)[1] if " " in low else ""
        if re.match(r"(?:yes|yeah|yep|actually yes|wait yes|sorry yes)\b", rest):
            return True
        return None if re.match(r"(?:that's|that is|you're|it's) (?:right|correct|true)\b", rest) else False
    says_no, says_yes = bool(_NO.search(low)), bool(_YES.search(low))
    if says_no and says_yes:
        strong_no, strong_yes = bool(_STRONG_NO.search(low)), bool(_STRONG_YES.search(low))
        if re.match(r"(?:yes|yeah|yep|yup|ok|okay|sure|right)\b", low):
            if re.match(r"(?:ok|okay|right) (?:no|nope|nah)\b", low):
                return False
            return None if strong_no and not re.search(r"that's (?:it|all)\b", low) else True
        return None if strong_yes and strong_no and not re.search(r"\bnot\b|n't", low) else False
    if says_no:
        return False
    return True if says_yes or agreed else None


def choice(text: str, options: Sequence[str]) -> Found[str] | None:
    """The option that was meant: by name, by a word that only it has, or by place ("the second one").

    Doubtful where another option comes close. None where nothing fits.
    """
    if not options:
        return None
    span = (0, len(text))
    by_place = _place(text, len(options))
    scored = sorted(((_likeness(text, option, options), n) for n, option in enumerate(options)), reverse=True)
    best, second = scored[0], scored[1] if len(scored) > 1 else (0.0, -1)
    if best[0] >= _LEAST_RATIO and (by_place is None or best[0] >= _SURE_RATIO):
        if best[0] - second[0] < _CLEAR_LEAD:
            if by_place is not None:
                return Found(options[by_place], span)
            return Found(options[best[1]], span, True, "several")
        unsure = best[0] < _SURE_RATIO
        return Found(options[best[1]], span, unsure, "guess" if unsure else "")
    return None if by_place is None else Found(options[by_place], span)


def keypad(keys: str, length: int | None = None) -> Found[str] | None:
    """Digits from keys pressed: `#` ends, `*` starts over. Doubtful where `length` is not met."""
    pressed = keys.split("#", 1)[0].rsplit("*", 1)[-1]
    value = "".join(key for key in pressed if key in "0123456789")
    if not value:
        return None
    short = length is not None and len(value) != length
    return Found(value, (0, len(keys)), short, "length" if short else "")


def _place(text: str, count: int) -> int | None:
    """Index of the place that `text` names among `count` options."""
    found = words(text)
    for at, token in enumerate(found):
        if token.low in ORDINALS and ORDINALS[token.low] <= count:
            if token.low == "second" and at + 1 < len(found) and found[at - 1].low in {"a", "one"}:
                continue
            return ORDINALS[token.low] - 1
        if token.low in _POSITION_WORDS:
            return _POSITION_WORDS[token.low] % count
        if token.low in {"number", "option", "choice"} and (value := cardinal(found, at + 1)):
            return value[0] - 1 if 1 <= value[0] <= count else None
    if len(found) == 1 and (value := cardinal(found, 0)) and 1 <= value[0] <= count:
        return value[0] - 1
    return None


def _likeness(text: str, option: str, options: Sequence[str]) -> float:
    """0..100: how well `text` names `option`, words that tell it from the others counting most."""
    said = {t.low for t in tokens(text) if t.low.isalnum()} - _STOP
    named = {t.low for t in tokens(option) if t.low.isalnum()} - _STOP
    if not said or not named:
        return 0.0
    if named <= said:
        return 100.0
    others: set[str] = set()
    for other in options:
        if other != option:
            others |= {t.low for t in tokens(other)}
    own = named - others
    if own & said:
        return 90.0 + 5 * len(own & said) / len(own)
    close = [max(fuzz.ratio(word, heard) for heard in said) for word in named]
    whole = fuzz.token_set_ratio(" ".join(sorted(said)), " ".join(sorted(named)))
    return max(whole * 0.9 if len(named & said) else 0.0, max(close) if max(close) >= 75 else 0.0)
