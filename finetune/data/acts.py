"""What a reply does where it tells no fact: acts beside those of `agent.dialogue.prompts`."""

from agent.dialogue.prompts import act

DECLINE = "that it could not be found or done"
"""Stands after "Say:"; there's no fact to tell."""
DONE = "that it is done"
ANYTHING_ELSE = "ask whether anything else is wanted"
GOODBYE = "goodbye"


def confirming(name: str, told: str) -> str:
    """The act that puts a value to the caller: `told` is its name in braces, or a word."""
    return act(name, told).replace("inform", "confirm", 1)


def asking(name: str) -> str:
    """The act that asks the caller for something."""
    return f"ask for {name.replace('_', ' ')}"


def offering(deed: str) -> str:
    """The act that offers to do something."""
    return f"offer to {deed}"
