"""The hub as a source: the hub's own client against a server on loopback that speaks its protocol."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from huggingface_hub.errors import LocalEntryNotFoundError, OfflineModeIsEnabled

from agent.models import PullError, require
from agent.models.hub import _reason
from agent.models.progress import Silent
from agent.models.pull import pull
from agent.settings.tree import Models

DATA = bytes(range(256)) * 200
SHA256 = hashlib.sha256(DATA).hexdigest()
REVISION = "0123456789abcdef0123456789abcdef01234567"


class Hub:
    """What the server gives and what it was asked."""

    def __init__(self) -> None:
        self.data = DATA
        self.token: str | None = None
        """Asked of everybody when set: a gated repository."""
        self.asked: list[tuple[str, str, str | None]] = []
        self.url = ""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def do_HEAD(self) -> None:
        self._answer(False)

    def do_GET(self) -> None:
        self._answer(True)

    def _answer(self, body: bool) -> None:
        token = self.headers.get("Authorization")
        self.hub.asked.append((self.command, self.path, token))
        gated = self.hub.token is not None and token != f"Bearer {self.hub.token}"
        if gated or self.path != f"/owner/voices/resolve/{REVISION}/en/v.onnx":
            self.send_response(401 if gated else 404)
            self.send_header("X-Error-Code", "GatedRepo" if gated else "EntryNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("ETag", f'"{hashlib.sha256(self.hub.data).hexdigest()}"')
        self.send_header("X-Repo-Commit", REVISION)
        self.send_header("Content-Length", str(len(self.hub.data)))
        self.end_headers()
        if body:
            self.wfile.write(self.hub.data)

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "HF_HUB_OFFLINE", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    hub = Hub()
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    hub.url = f"http://127.0.0.1:{server.server_port}"
    yield hub
    server.shutdown()
    server.server_close()
    thread.join(5)


def settings(tmp_path: Path, hub: Hub, **more: object) -> Models:
    manifest = tmp_path / "manifest.toml"
    manifest.write_text(
        f'[[weight]]\nname = "voice"\nabout = "for a test"\nlicence = "CC0-1.0"\n'
        f'[[weight.file]]\npath = "v.onnx"\nbytes = {len(DATA)}\nsha256 = "{SHA256}"\n'
        f'hub = {{ repository = "owner/voices", revision = "{REVISION}", file = "en/v.onnx" }}\n'
    )
    given = {
        "dir": tmp_path / "m",
        "manifest": manifest,
        "hub_endpoint": hub.url,
        "sources": ("package", "hub"),
    }
    return Models.model_validate(given | more)


def test_a_file_comes_from_the_pinned_revision_and_is_checked(tmp_path: Path, hub: Hub):
    at = settings(tmp_path, hub)
    assert pull(at, ["voice"], Silent()) == ["voice"]
    assert (require(at, "voice") / "v.onnx").read_bytes() == DATA
    assert {path for _, path, _ in hub.asked} == {f"/owner/voices/resolve/{REVISION}/en/v.onnx"}
    assert {token for _, _, token in hub.asked} == {None}, "no token is sent that nobody set"
    assert not (tmp_path / "m" / ".downloads").exists()


def test_a_gated_file_needs_the_token_and_says_so(tmp_path: Path, hub: Hub):
    hub.token = "hush"
    with pytest.raises(PullError, match="HF_TOKEN") as told:
        pull(settings(tmp_path, hub, hf_token="wrong"), ["voice"], Silent())
    assert "wrong" not in str(told.value)
    assert pull(settings(tmp_path, hub, hf_token="hush"), ["voice"], Silent()) == ["voice"]


def test_other_bytes_under_the_same_name_are_refused(tmp_path: Path, hub: Hub):
    hub.data = DATA[::-1]
    at = settings(tmp_path, hub)
    with pytest.raises(PullError) as told:
        pull(at, ["voice"], Silent())
    assert "v.onnx" in str(told.value) and "sha256" in str(told.value)
    assert not (tmp_path / "m" / "voice" / "v.onnx").exists()
    hub.data = DATA
    assert pull(at, ["voice"], Silent()) == ["voice"], "the refused bytes are not kept for the next try"


@pytest.mark.parametrize(
    "error", [LocalEntryNotFoundError("no"), httpx.ConnectError("no"), OfflineModeIsEnabled("no")]
)
def test_a_hub_that_cannot_be_reached_is_told_in_words(error: Exception):
    assert _reason(error) == "the hub can't be reached"
