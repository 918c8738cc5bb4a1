"""Who wants to be called back: what the business's call-back tool has stored, for its owner."""

from types import TracebackType
from typing import Any

from agent.dialogue.business import Business, BusinessError
from agent.dialogue.database import Database
from agent.dialogue.tools import Toolbox

LIST = "SELECT id, number, asked_at, reason, state FROM callbacks WHERE state = 'open' OR :every ORDER BY id"
DONE = "UPDATE callbacks SET state = 'done' WHERE id = :id AND state = 'open'"


class Callbacks:
    """The table `callbacks` of one business. Use it as a context manager."""

    def __init__(self, business: Business) -> None:
        """Raises `BusinessError` where the business stores none, `DatabaseError` where it can't be read."""
        if business.profile.human.callback is None:
            raise BusinessError(
                f"'{business.id}' stores no call-backs: set `callback` in [human] of its business.toml."
            )
        self._database = Database(business.profile.database, business.id)
        try:
            Toolbox(business, self._database).check()
        except BaseException:
            self._database.close()
            raise

    def __enter__(self) -> "Callbacks":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def rows(self, *, everything: bool = False) -> list[dict[str, Any]]:
        """`id`, `number`, `asked_at`, `reason` and `state` of each, the oldest first; the open ones alone
        as a rule."""
        return [dict(row) for row in self._database.read_now(LIST, {"every": everything})]

    def mark_done(self, callback_id: int) -> bool:
        """Marks one as called. False where none of that id is open."""
        return self._database.write_now(DONE, {"id": callback_id}) > 0
