"""What a process must set before its libraries load."""

import os


def prepare_process() -> None:
    """Lets idle threads of OpenMP sleep: CTranslate2's otherwise spin and take a core from the others.

    Call it first of all: OpenMP reads the variable once, when it is loaded. A value set outside wins.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
