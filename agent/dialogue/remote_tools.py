"""The tools of one business that other programs answer: which program is asked, and how."""

from collections.abc import Mapping
from typing import Any

from agent.dialogue.business import Business, BusinessError
from agent.dialogue.business_remote import Http, Mcp
from agent.dialogue.http_tool import HttpTools
from agent.dialogue.mcp_tool import McpTools


class RemoteTools:
    """Shared by a business's calls. Close it at the end."""

    def __init__(self, business: Business, secrets: Mapping[str, str] | None) -> None:
        """Without `secrets`, nothing can be asked. Raises `BusinessError` where one of them isn't set or a
        package isn't installed."""
        for name in _secrets_of(business) if secrets is not None else ():
            if name not in (secrets or {}):
                raise BusinessError(
                    f"tools.toml of '{business.id}' needs the secret '{name}': set dialogue.tool_secrets to "
                    f'{{"{name}": "..."}}.'
                )
        self._http = HttpTools(secrets or {})
        self._mcp = McpTools(business.mcp, secrets or {}) if business.mcp and secrets is not None else None

    async def look_up(self, asked: Http | Mcp, known: Mapping[str, Any], slots: Mapping[str, Any]) -> Any:
        """The JSON that comes back; `known` is filled in. Raises `RemoteError`."""
        if isinstance(asked, Http):
            return await self._http.ask(asked, known)
        return await self._servers.ask(asked, known, slots)

    async def change(
        self, asked: Http | Mcp, known: Mapping[str, Any], slots: Mapping[str, Any], key: str
    ) -> None:
        """Makes a change, marked by `key`. Raises `RemoteError` where it isn't known to be made."""
        if isinstance(asked, Http):
            await self._http.ask(asked, known, key)
        else:
            await self._servers.ask(asked, known, slots)

    @property
    def _servers(self) -> McpTools:
        assert self._mcp is not None, "a business is checked to have the servers that its tools name"
        return self._mcp

    def close(self) -> None:
        if self._mcp is not None:
            self._mcp.close()


def _secrets_of(business: Business) -> tuple[str, ...]:
    """The names of secrets that a business's requests need, each once."""
    names = [name for server in business.mcp.values() for name in server.secrets]
    for tool in business.tools.values():
        asked = [tool.asked, *((tool.write.asked, tool.write.taken_back) if tool.write else ())]
        names += [name for one in asked if isinstance(one, Http) for name in one.secrets]
    return tuple(dict.fromkeys(names))
