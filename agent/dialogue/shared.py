"""A business loaded once: what all its conversations use, and the door that opens them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from agent.dialogue.business import Business
from agent.dialogue.database import Database
from agent.dialogue.intents import Intents
from agent.dialogue.knowledge import Knowledge
from agent.dialogue.phrasing import Phrasebook
from agent.dialogue.policy import Policy
from agent.dialogue.responder import ModelResponder
from agent.dialogue.tools import Toolbox


@dataclass(frozen=True, slots=True)
class Shared:
    """Everything that a conversation needs and none of its state."""

    business: Business
    phrases: Phrasebook
    database: Database
    toolbox: Toolbox
    intents: Intents
    policy: Policy
    clock: Callable[[], datetime]
    """The moment, with a time zone."""
    responder: ModelResponder | None = None
    """Words the answers; without it the phrases are spoken as they are."""
    knowledge: Knowledge | None = None
    """The business's documents, where it has any."""

    def now(self) -> datetime:
        """The moment in the business's time zone."""
        return self.clock().astimezone(self.business.profile.zone)
