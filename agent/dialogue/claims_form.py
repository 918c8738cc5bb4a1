"""What is no speech: a placeholder, a prompt's own marks, code, JSON or markdown. Pure.

A small model that finds no value writes "$X", "[date]" or "N/A" in its place, or goes on with its prompt.
Such a sentence states nothing that could be false, so the other checks let it pass. A sign or a token that
one of the turn's facts has ("C#", a product called "Model X") may be said.
"""

import re
from collections.abc import Iterator, Sequence

from agent.dialogue.claims_atoms import Atom
from agent.dialogue.claims_facts import FactView
from agent.dialogue.claims_said import Said

_ROLES = (
    r"(?:caller|user|customer|assistant|agent|system|human|bot|chatbot|ai|model|operator|representative|say|"
    r"tell|inform|respond|response|reply|answer|question|output|input|prompt|instructions?|context|example|"
    r"facts?|persona|rules?|task|q|a)"
)
_PLACEHOLDER = re.compile(
    r"\[[^\]]{0,40}\]|\{[^}]{0,40}\}|<[^>]{0,40}>|[\[\]{}<>]"  # [date], {total}, <name>
    r"|\((?:insert |your |the )?(?:date|time|name|amount|number|total|status|address|price|value)\)"
    r"|[$£€](?!\s?[\d.]*\d)"  # $X, a sum without digits
    r"|(?<![\d\s])\s?%|(?<!\d)\s%"
    r"|#(?!\s?\d)"
    r"|_{2,}"
    r"|\b[Nn]/[Aa]\b|\bN\.A\.(?=\W|$)"
    r"|\b(?:TB[ACD]|XX+|YY+|ZZ+|YYYY|MM|DD|HH)\b"
    r"|(?<![\w'’&.-])[XYZ](?![\w&'’-])"
    r"|\b(?:[Uu]ndefined|[Nn]ull|NULL|NaN|nan|[Pp]laceholder|[Ll]orem [Ii]psum)\b"
    r"|(?<=[a-z,] )(?:None|True|False)\b(?! of\b)"
    r"|\b[xX]{2,}\b"
)
_EMPTY = re.compile(
    r"\b(?:is|are|was|on|at|for|by|of|to|from|until|till|before|after|costs?|number|named|called|total)"
    r"(?:\s*(?:\.{2,}|…|[:,]\s*(?=[.?!]|$)|[-–—]+\s*(?=[.?!]|$))|\s+[.,](?=\s|$))"
    r"|\b(?:total|number|date|status|price|address|name|time)\s+(?:is|are|was)\s*[.!]?$"
    r"|\b(?:on|at|by|is|costs?)\s+(?:(?:the|your|a|an)\s+)?(?:(?:delivery|due|arrival|order|account)\s+)?"
    r"(?:date|amount|price|number|name|day month)(?=\s*[.!,]|$)",
    re.I,
)
"""A blank where a value should stand."""
_MARKS = re.compile(
    r"[=`|\\~^]|\*+|->|=>|::|(?<!:)//|\bhttps?:(?=\s|$)"
    r"|^\s*(?:[-•·+–—]|\d{1,2}[.)])\s+(?=\S)"  # the dash or number of a list
    r"|\b\w+\((?!s\)|e?s\)|ies\))"  # a call
    r"|\b[a-z0-9]+_[a-z0-9_]+\b"  # a name as programs write it
    r"|[\"']\w+[\"']\s*:"  # the key of an object
    r"|;\s*$"
)
_PROMPT = re.compile(
    rf"(?:^|[.!?;\"“]\s*)(?P<role>{_ROLES})\s?:"
    r"|^(?P<act>inform)\s+(?!you\b|us\b|me\b|them\b|him\b|her\b|the\b|your\b|our\b)\w+"
    r"|\b(?:as an ai|language model|in braces|the caller (?:said|says|asks|asked|wants)|my instructions|"
    r"i was asked to say|you are asked to say)\b",
    re.I,
)
_WITHIN = re.compile(rf"\s(?P<role>(?=[A-Z])(?i:{_ROLES}))\s?:")
"""A role in the middle of a sentence, where a capital tells it from "one question:"."""
_NO_WORD = re.compile(r"^\s*[^\w\s][^\w]*$")


def unspeakable(text: str, views: Sequence[FactView], atoms: Sequence[Atom]) -> Iterator[Said]:
    """Each part of `text`, whose values are `atoms`, that no person would say and no fact of `views` has."""
    if not text.strip():
        return
    spans: list[tuple[int, int]] = []
    codes = [(atom.start, atom.end) for atom in atoms if atom.kind == "identifier"]
    for pattern, why in (
        (_PROMPT, "of a prompt, not of an answer"),
        (_WITHIN, "of a prompt, not of an answer"),
        (_NO_WORD, "no word"),
        (_PLACEHOLDER, "a placeholder instead of a value"),
        (_EMPTY, "a value is missing"),
        (_MARKS, "marks that are not spoken"),
    ):
        for match in pattern.finditer(text):
            start, end = match.span("role") if match.groupdict().get("role") else match.span()
            if any(begin < end and start < until for begin, until in spans):
                continue
            if pattern is not _EMPTY and _held(text, start, end, views):
                continue
            if any(begin <= start and end <= until for begin, until in codes):
                continue  # looked at as a code
            spans.append((start, end))
            yield Said("form", text[start:end], start, end, why=why)


def _held(text: str, start: int, end: int, views: Sequence[FactView]) -> bool:
    """Whether a fact has the token that the part stands in."""
    begin = text.rfind(" ", 0, start + 1) + 1
    until = text.find(" ", end)
    token = text[begin : until if until >= 0 else len(text)].strip(" .,;:!?\"'")
    return bool(token) and any(f" {token} " in f" {view.text} " for view in views)
