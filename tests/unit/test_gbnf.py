"""Grammars of llama.cpp, followed letter by letter."""

import pytest

from agent.dialogue.grammar import turn_grammar
from agent.llm.gbnf import GbnfError, Grammar


def allows(grammar: Grammar, text: str) -> str:
    """`whole`: it may end there; `so far`: it may go on; `no`."""
    state = grammar.after(grammar.start, text)
    return "no" if not state else "whole" if None in state else "so far"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Your order ships on {ship_date}.", "whole"),
        ("Your order ships on {ship_d", "so far"),
        ("{carrier}", "whole"),
        ("{carrier_name}", "no"),
        ("It ships on the 24th", "no"),
        ("two\nlines", "no"),
        ("¾ of it", "no"),
        ("It costs €, naïvely", "whole"),
        ("", "so far"),
    ],
)
def test_a_turns_grammar(text: str, said: str) -> None:
    assert allows(Grammar(turn_grammar(["ship_date", "carrier"])), text) == said


@pytest.mark.parametrize(
    ("source", "good", "bad"),
    [
        ('root ::= "a" | "bc"', ["a", "bc"], ["b", "ab", "abc"]),
        ('root ::= [a-c]+ "-"? [^0-9x]', ["a-d", "abcz"], ["-", "a-1", "abx", "a-+-"]),
        ("root ::= item{2,3}\nitem ::= [0-9]", ["12", "123"], ["1", "1234"]),
        ("root ::= item{2}\nitem ::= [0-9] # a digit", ["12"], ["1", "123"]),
        ('root ::= ("ab" | "c"){1,} "\\n"', ["ab\n", "cabc\n"], ["\n", "a\n"]),
        ('root ::= "\\"" . "\\u00e9" "\\x41"', ['"!éA'], ['"éA', "xx"]),
        ('root ::= "(" root ")" | ""', ["", "()", "(())"], ["(", "())"]),
        ("root ::= [a\\-z\\]]", ["a", "-", "z", "]"], ["b", "\\"]),
    ],
)
def test_what_a_grammar_allows(source: str, good: list[str], bad: list[str]) -> None:
    grammar = Grammar(source)
    assert [allows(grammar, text) for text in good] == ["whole"] * len(good)
    assert [allows(grammar, text) for text in bad].count("whole") == 0


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("root ::= [", r"is no part"),
        ('root ::= ("a"', r"has no \)"),
        ("root ::= other", "no rule named other"),
        ('start ::= "a"', "no rule named root"),
        ("root ::= * 'a'", "is no part|nothing before"),
        ('root ::= root "a"', "begins with itself"),
        ('"a"', "begins with its name"),
    ],
)
def test_what_is_no_grammar(source: str, said: str) -> None:
    with pytest.raises(GbnfError, match=said):
        Grammar(source)
