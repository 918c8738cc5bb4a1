"""Calls that Twilio announced and whose media socket hasn't come yet: one token each, used once."""

import hmac
import secrets
from dataclasses import dataclass

from telephony.admission import Admission, Slot


@dataclass(frozen=True, slots=True)
class Pending:
    """What the signed webhook said of a call, kept here because a socket's own words prove nothing."""

    call_sid: str
    caller: str
    called: str
    business: str
    slot: Slot
    token: str


class PendingCalls:
    """At most as many as there are slots; each ends with its slot's hold."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._by_sid: dict[str, Pending] = {}

    def announce(self, call_sid: str, caller: str, called: str, business: str) -> Pending | None:
        """Holds a slot and makes a token; None where the house is full.

        A repeated webhook of the same call gives its first hold back, so it can't hold two.
        """
        self.drop(call_sid)
        self._sweep()
        slot = self._admission.hold()
        if slot is None:
            return None
        pending = Pending(call_sid, caller, called, business, slot, secrets.token_urlsafe(24))
        self._by_sid[call_sid] = pending
        return pending

    def claim(self, call_sid: str, token: str) -> Pending | None:
        """The call of this token, its slot taken; None for a wrong, used or late one."""
        pending = self._by_sid.get(call_sid)
        if pending is None or not hmac.compare_digest(pending.token.encode(), token.encode()):
            return None
        del self._by_sid[call_sid]
        return pending if pending.slot.take() else None

    def drop(self, call_sid: str) -> None:
        """Frees the slot of a call that will not open its socket."""
        pending = self._by_sid.pop(call_sid, None)
        if pending is not None:
            pending.slot.release()

    def _sweep(self) -> None:
        self._admission.expire()
        for call_sid in [sid for sid, pending in self._by_sid.items() if pending.slot.state == "free"]:
            del self._by_sid[call_sid]
