"""GBNF for one turn: any words without digits and braces, plus this turn's names."""

import re
from collections.abc import Iterable

NAME = re.compile(r"[a-z][a-z0-9_]*")


def turn_grammar(names: Iterable[str]) -> str:
    """A grammar of llama.cpp that allows `{name}` for each of `names` and no other brace, and no digit.

    Raises `ValueError` for a name that isn't lower-case letters, digits and underscores.
    """
    unique = list(dict.fromkeys(names))
    for name in unique:
        if not NAME.fullmatch(name):
            raise ValueError(f"a fact's name is written like order_number, not {name!r}")
    # no digit of any script that a tokenizer may hold: ASCII, and the signs that stand for numbers
    plain = "plain ::= [^{}0-9\\n\\r\\u00b2\\u00b3\\u00b9\\u00bc-\\u00be\\u0660-\\u0669\\uff10-\\uff19]"
    if not unique:
        return f"root ::= plain+\n{plain}\n"
    choices = " | ".join(f'"{{{name}}}"' for name in unique)
    return f"root ::= (plain | name)+\n{plain}\nname ::= {choices}\n"
