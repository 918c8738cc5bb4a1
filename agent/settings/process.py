"""What our processes hand to libraries and to their children by the environment."""

import os

CALM = {
    "OMP_WAIT_POLICY": "PASSIVE",
    "GOMP_SPINCOUNT": "0",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}
"""CTranslate2's libgomp spins while it waits and takes the cores from the other engines."""


def calm_threads() -> None:
    """Makes thread pools wait without spinning. Call it before an engine is imported."""
    for name, value in CALM.items():
        os.environ.setdefault(name, value)


def child_environment(**changes: str) -> dict[str, str]:
    """The environment for a process of ours: this one's, calm, without our settings' variables.

    Secrets stay here: variables of settings and of accounts are left out; `changes` are put in.
    """
    secret = ("RINGDOWN_", "TWILIO_", "HF_TOKEN")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(secret)}
    return {**kept, **CALM, **changes}
