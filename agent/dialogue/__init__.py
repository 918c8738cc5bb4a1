"""What to say: intents, tools, claims, prompts. Knows no audio."""

from agent.dialogue.business import BusinessError
from agent.dialogue.door import (
    BusinessDialogue,
    business_for_number,
    business_title,
    businesses,
    open_dialogue,
)
from agent.dialogue.protocol import Conversation, Dialogue, Fact, Reply, Sentence

__all__ = [
    "BusinessDialogue",
    "BusinessError",
    "Conversation",
    "Dialogue",
    "Fact",
    "Reply",
    "Sentence",
    "business_for_number",
    "business_title",
    "businesses",
    "open_dialogue",
]
