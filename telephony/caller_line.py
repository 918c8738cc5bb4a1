"""What the reception needs of a caller's connection, whatever it is: a socket, a WebRTC peer."""

import asyncio
from typing import Protocol


class CallerLine(Protocol):
    """One caller's connection."""

    ended: asyncio.Event
    """Set when nothing more comes from the caller."""

    def heard(self) -> None:
        """The caller is still there."""

    def end(self, code: int = 1000, reason: str = "") -> None:
        """Ends the caller's side."""

    async def say(self, message: str) -> bool:
        """Sends one message beside the sound. False where it can't leave."""

    async def finish(self, code: int, reason: str) -> None:
        """Closes the connection with a code and a reason, within a bound."""
