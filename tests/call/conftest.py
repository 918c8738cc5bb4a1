"""A server with real engines, and the recorded callers who called it, two at a time."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from program import CALLERS, Server, dial, start

SCRIPTS = ("six_turns", "silence", "barge_in", "noise", "keys", "hang_up", "manners")
AT_ONCE = 2


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests that leave it as it was."""
    running = start(tmp_path_factory.mktemp("server"), "log.level=DEBUG", "log.format=json")
    yield running
    assert running.stop() == 0, (running.folder / "serve.log").read_text()


@pytest.fixture(scope="session")
def report(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], dict]]:
    """The report of a recorded caller's call, by its script's name. Calls overlap, as they do in life."""
    sound = tmp_path_factory.mktemp("sound")

    def play(name: str) -> dict:
        return dial(
            server, "--script", str(CALLERS / f"{name}.yaml"), "--out", str(sound / f"{name}.wav")
        ).report()

    with ThreadPoolExecutor(AT_ONCE) as callers:
        calls: dict[str, Future[dict]] = {name: callers.submit(play, name) for name in SCRIPTS}
        yield lambda name: calls[name].result()
