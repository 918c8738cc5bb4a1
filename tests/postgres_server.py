"""A real PostgreSQL for tests: its own data folder, a free port, never run as root."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def installed() -> list[Path]:
    """Folders of PostgreSQL's programs as Debian installs them, the newest first."""
    return [path.parent for path in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)]


@contextmanager
def postgres(place: Path | None = None) -> Iterator[str]:
    """The address of a server that lives as long as the block, of the programs in `place`.

    Without `place` the newest that Debian installed; skips where there is none.
    """
    pg8000 = pytest.importorskip("pg8000.native")
    place = place or next(iter(installed()), None)
    if place is None:
        pytest.skip("PostgreSQL isn't installed here (Debian: postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="ringdown-pg-", dir="/tmp"))
    user = "nobody" if os.geteuid() == 0 else None
    if user is not None:
        shutil.chown(folder, user)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = None
    try:
        made = [place / "initdb", "-D", folder / "data", "-U", "ringdown", "-A", "trust", "--no-sync"]
        subprocess.run(made, check=True, capture_output=True, user=user)
        options = [
            "-D",
            folder / "data",
            "-p",
            str(port),
            "-k",
            folder,
            "-c",
            "listen_addresses=127.0.0.1",
            "-F",
        ]
        process = subprocess.Popen([place / "postgres", *options], stderr=subprocess.DEVNULL, user=user)
        deadline = time.monotonic() + 20
        while True:
            try:
                pg8000.Connection("ringdown", host="127.0.0.1", port=port, database="postgres").close()
                break
            except Exception:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        yield f"postgresql://ringdown@127.0.0.1:{port}/postgres"
    finally:
        if process is not None:
            process.terminate()
            process.wait(timeout=20)
        shutil.rmtree(folder, ignore_errors=True)
