"""Whether the caller's sound stops the agent, and whether the agent goes on afterwards. Pure."""

import re
from typing import Literal

from agent.settings.tree import Turns

_BACKCHANNEL = frozenset(
    "mm mhm mmhm mm-hm mm-hmm mmhmm mhmm hm hmm uh-huh uhhuh huh uh um ah oh yeah yep yes ok okay right "
    "sure alright i see go on got it good great".split()
)
_STOP = frozenset("stop wait hold no actually sorry excuse hello".split())
_AGAINST = frozenset("stop wait hold no not actually sorry cancel never".split())

Decision = Literal["go_on", "stop"]


def over_agent(voiced_ms: int, text: str, settings: Turns) -> Decision:
    """What to do about speech over the agent: `voiced_ms` of voice so far, `text` known so far."""
    words = _words(text)
    if words & _STOP:
        return "stop"
    if words and is_backchannel(text):
        return "go_on"
    return "stop" if voiced_ms >= settings.barge_in_min_ms else "go_on"


def is_backchannel(text: str) -> bool:
    """Whether the words only say "I'm listening": nothing that wants an answer."""
    words = _words(text)
    return bool(words) and words <= _BACKCHANNEL and len(text.split()) <= 3


def goes_on(text: str, expected_answer: bool) -> bool:
    """Whether an agent that was cut off should take its sentence up again after hearing `text`.

    A cough gives no words; "mm-hm" asks for nothing, unless the agent had just asked a question.
    """
    return not _words(text) or (is_backchannel(text) and not expected_answer)


def takes_back(text: str) -> bool:
    """Whether the words turn against what was said before them, rather than go on with it."""
    first = next(iter(re.findall(r"[a-z'-]+", text.lower())), "")
    return first in _AGAINST


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z'-]+|\d+", text.lower()))
