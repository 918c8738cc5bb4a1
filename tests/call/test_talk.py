"""`agent serve --open`, as `make talk` runs it: a free port, the browser at the page, a clean end."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import webbrowser
from pathlib import Path

import pytest
from program import ROOT, START_S, records_in

from agent.cli import page_opening
from agent.settings.tree import Server, Tree

QUICK = ("asr.backend=fake", "tts.backend=fake", "llm.backend=off", "vad.backend=fake")
"""Engines without weights: what is shown here needs none."""


@pytest.fixture
def taken():
    """A port of this machine that another program listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_the_page_is_opened_on_a_free_port_and_ctrl_c_ends_it(tmp_path: Path, taken: int):
    opened, browser = tmp_path / "opened", tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}.part && mv {opened}.part {opened}\n')
    browser.chmod(0o755)
    settings = [*QUICK, f"server.port={taken}"]
    process = subprocess.Popen(
        [sys.executable, "-m", "agent", "serve", "--open", *records_in(tmp_path)]
        + [word for setting in settings for word in ("--set", setting)],
        cwd=ROOT,
        env={**os.environ, "BROWSER": str(browser)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + START_S
        while not opened.exists():
            assert process.poll() is None and time.monotonic() < deadline, "no browser was opened"
            time.sleep(0.05)
        url = opened.read_text().strip()
        assert not url.startswith(f"http://127.0.0.1:{taken}")
        with urllib.request.urlopen(f"{url}softphone/businesses") as answer:
            assert b'"title":"Harbor Goods"' in answer.read()
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 0
    assert f"Port {taken} is in use by another program: taking a free one." in told
    assert f"Opening {url} in your browser" in told and "Traceback" not in told


def test_a_port_that_is_free_stays(taken: int):
    settings = Tree(server=Server(port=0))
    assert page_opening.with_a_free_port(settings) is settings
    moved = page_opening.with_a_free_port(Tree(server=Server(port=taken)))
    assert moved.server.port == 0


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://127.0.0.1:8765", "http://127.0.0.1:8765/"),
        ("http://[::1]:8765", "http://[::1]:8765/"),
        ("http://0.0.0.0:8765", "http://localhost:8765/"),
        ("http://[::]:8765", "http://localhost:8765/"),
    ],
)
def test_a_server_for_all_addresses_is_opened_by_this_machines_own(url: str, address: str):
    assert page_opening.page_address(url) == address


@pytest.mark.parametrize("found", [None, "w3m", "broken"])
def test_without_a_browser_that_has_a_window_the_address_is_told(found, monkeypatch, capsys):
    class Broken(webbrowser.BaseBrowser):
        def open(self, url: str, new: int = 0, autoraise: bool = True) -> bool:
            return False

    def get(using: str | None = None) -> webbrowser.BaseBrowser:
        if found is None:
            raise webbrowser.Error("none")
        return webbrowser.GenericBrowser("w3m") if found == "w3m" else Broken("x")

    monkeypatch.setattr(webbrowser, "get", get)
    page_opening.show_page("http://127.0.0.1:5")
    deadline = time.monotonic() + 5
    told = ""
    while "pen http://127.0.0.1:5/ in" not in told.replace("Opening", "") and time.monotonic() < deadline:
        told += capsys.readouterr().err
        time.sleep(0.01)
    assert "open http://127.0.0.1:5/ in" in told.lower() and "Ctrl-C here stops the server." in told
