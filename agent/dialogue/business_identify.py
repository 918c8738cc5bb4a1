"""Who a caller is, as data: what is asked, and the query that knows the answer."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, field_validator

IDENTITY = "identity"
"""The column that says who it is, and its name in the queries of tools that need to know."""


class Proof(BaseModel):
    """What a caller says of themselves: each slot is asked for, then all must fit one row."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
    slots: list[str] = Field(min_length=2)
    """At least two: a number alone can be guessed."""
    sql: str
    """Gives `identity`, and slots' values that are known then, such as an account number."""

    @field_validator("sql")
    @classmethod
    def _reads(cls, value: str) -> str:
        from agent.dialogue.business_tools import reading

        return reading(value)


class Identify(BaseModel):
    """How callers are identified before a tool tells what is theirs."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
    by: list[Proof] = Field(min_length=1)
    """The first is asked for, unless another one's slots are said, or are those of the tool."""
    unknown: str
    """Phrase for what fits no row or several, whatever of it is wrong."""
    locked: list[str] = []
    """Phrases after the last try, before the person's number."""
    tries: int = Field(default=3, ge=1, le=5)
    """In a call, over all questions."""
