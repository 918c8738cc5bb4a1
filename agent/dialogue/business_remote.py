"""Tools that other programs answer, as data: an HTTP request, a tool of an MCP server."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator, model_validator

NAME = re.compile(r"\{(?!secret\.)([a-z][a-z0-9_]*)\}")
"""A slot, a fact, `{today}` or `{now}` in a text."""
SECRET = re.compile(r"\{secret\.([a-z][a-z0-9_]*)\}")
LONGEST_MS = 20_000
"""What all tries of one request may take."""


class RemotePart(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Http(RemotePart):
    """One HTTP request; `{slot}` in its texts is filled in."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    url: str
    """The address; `{slot}` in it is encoded."""
    headers: dict[str, str] = {}
    """Values may name `{secret.name}`, which stands in the settings."""
    body: dict[str, JsonValue] | None = None
    """Sent as JSON."""
    timeout_ms: int = Field(default=3_000, ge=100, le=10_000)
    """For each try, from the first byte sent to the last received."""
    retries: int = Field(default=1, ge=0, le=3)
    """Further tries where the first got no answer. A look-up that isn't a GET is never tried again."""
    rows: str = ""
    """Where the rows stand in the JSON that comes back, `path.to.list`; an object there is one row."""

    @field_validator("url")
    @classmethod
    def _address(cls, value: str) -> str:
        if not re.match(r"https?://[^/{}]+(/|$)", value):
            raise ValueError('an address is written like "https://host/orders/{number}", its host whole')
        return value

    @model_validator(mode="after")
    def _ends(self) -> Http:
        if self.timeout_ms * (self.retries + 1) > LONGEST_MS:
            raise ValueError(f"timeout_ms times the tries is more than {LONGEST_MS}: no caller waits so long")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """What is filled in, each once."""
        return names_in([self.url, *self.headers.values(), self.body])

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(n for text in self.headers.values() for n in SECRET.findall(text)))


class Mcp(RemotePart):
    """A tool of an MCP server."""

    server: str
    """One of `[mcp.*]`."""
    tool: str
    """The tool's name there."""
    arguments: dict[str, JsonValue] | None = None
    """What it's given, with `{slot}` in it; by default the tool's slots by their names."""
    rows: str = ""
    """Where the rows stand in its answer, `path.to.list`; an object there is one row."""

    @property
    def names(self) -> tuple[str, ...]:
        return names_in([self.arguments])


class Remote(RemotePart):
    """A request to another program: one of `http` and `mcp`."""

    http: Http | None = None
    mcp: Mcp | None = None

    @model_validator(mode="after")
    def _one(self) -> Remote:
        if (self.http is None) == (self.mcp is None):
            raise ValueError("a request is one of http and mcp")
        return self

    @property
    def asked(self) -> Http | Mcp:
        found = self.http or self.mcp
        assert found is not None, "one of both is there"
        return found


class McpServer(RemotePart):
    """An MCP server: a program that is started here, or an address."""

    command: list[str] = []
    """The program and its arguments; it's started at the first use and spoken to over its pipes."""
    env: dict[str, str] = {}
    """Added to a bare environment; values may name `{secret.name}`."""
    url: str | None = None
    """A server that speaks streamable HTTP."""
    headers: dict[str, str] = {}
    """Sent to `url`; values may name `{secret.name}`."""
    timeout_ms: int = Field(default=5_000, ge=100, le=LONGEST_MS)
    """For each call of a tool, its start included."""

    @model_validator(mode="after")
    def _one(self) -> McpServer:
        if bool(self.command) == (self.url is not None):
            raise ValueError("a server has a command or a url")
        return self

    @property
    def secrets(self) -> tuple[str, ...]:
        texts = (*self.env.values(), *self.headers.values())
        return tuple(dict.fromkeys(name for text in texts for name in SECRET.findall(text)))


def names_in(value: object) -> tuple[str, ...]:
    """The `{names}` in every text of a JSON value, each once."""
    if isinstance(value, str):
        return tuple(dict.fromkeys(NAME.findall(value)))
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return tuple(dict.fromkeys(name for part in parts for name in names_in(part)))
