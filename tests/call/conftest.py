"""A server with real engines, shared by the tests that leave it as it was."""

from collections.abc import Iterator

import pytest
from program import Server, start


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests that leave it as it was."""
    running = start(tmp_path_factory.mktemp("server"))
    yield running
    assert running.stop() == 0, (running.folder / "serve.log").read_text()
