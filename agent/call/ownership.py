"""Which process holds a call: a name with a locked file behind it, free again when the process dies.

A call that is open in the database while its owner's lock is free was cut off by a crash. The lock is
the kernel's (`flock`), so that `kill -9`, a reused process id and a restart all tell the truth.
"""

import fcntl
import os
import secrets
import socket
from pathlib import Path
from typing import IO


class Owner:
    """This process's name in the database, `HOST/RANDOM`, held until `close`."""

    def __init__(self, folder: Path) -> None:
        """Locks a new file in `folder`. Raises `OSError` where it can't be written."""
        folder.mkdir(parents=True, exist_ok=True)
        self.name = f"{socket.gethostname()[:64]}/{secrets.token_hex(8)}"
        self._path = lock_of(folder, self.name)
        self._file: IO[str] | None = self._path.open("w")
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def close(self) -> None:
        if self._file is not None:
            self._path.unlink(missing_ok=True)
            self._file.close()
            self._file = None


def lock_of(folder: Path, name: str) -> Path:
    return folder / f"{name.rpartition('/')[2]}.lock"


def gone(folder: Path, name: str, *, shared: bool) -> bool:
    """Whether the owner called `name` lives no more.

    `shared`: the database serves several machines, so an owner of another machine is taken to live.
    A lock left behind by a dead owner is removed.
    """
    if shared and name.rpartition("/")[0] != socket.gethostname()[:64]:
        return False
    path = lock_of(folder, name)
    try:
        with path.open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink(missing_ok=True)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True
