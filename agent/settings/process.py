"""What a process must set before its libraries load, and what it hands to its children."""

import os
from collections.abc import Mapping

CALM = {
    "OMP_WAIT_POLICY": "passive",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "ORT_DISABLE_TELEMETRY": "1",
}
"""CTranslate2's libgomp spins while it waits and takes the cores from the other engines; the hub's client
and onnxruntime tell their makers of their use unless told not to."""

KEPT_BACK = ("RINGDOWN_", "TWILIO_", "HF_TOKEN")
"""How variables begin that a child has no business with: settings and accounts."""


def prepare_process() -> None:
    """Lets idle threads of OpenMP sleep: CTranslate2's otherwise spin and take a core from the others.

    Call it first of all: OpenMP reads the variable once, when it is loaded. A value set outside wins.
    """
    for name, value in CALM.items():
        os.environ.setdefault(name, value)


def set_for_libraries(defaults: Mapping[str, str]) -> None:
    """Sets variables that a C library reads when it is loaded, where none is set outside; children don't get
    them."""
    for name, value in defaults.items():
        os.putenv(name, os.environ.get(name, value))


def child_environment(**changes: str) -> dict[str, str]:
    """This process's environment for an engine in a process of its own, calm and without secrets.

    `changes` are put in last.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(KEPT_BACK)}
    return {**CALM, **kept, **changes}
