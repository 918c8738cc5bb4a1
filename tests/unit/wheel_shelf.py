"""Wheels and a shelf for them: a real package index on loopback, which can break off, lie and count."""

import base64
import hashlib
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

INFO = "Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: shelf\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def make_wheel(folder: Path, name: str, version: str, members: dict[str, bytes]) -> Path:
    """A wheel that pip accepts, stored uncompressed so that its size is that of its members."""
    stem = f"{name.replace('-', '_')}-{version}"
    info = f"{stem}.dist-info"
    files = dict(members)
    files[f"{info}/METADATA"] = INFO.format(name=name, version=version).encode()
    files[f"{info}/WHEEL"] = WHEEL.encode()
    record = "".join(f"{path},sha256={_digest(data)},{len(data)}\n" for path, data in files.items())
    files[f"{info}/RECORD"] = (record + f"{info}/RECORD,,\n").encode()
    path = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for inside, data in files.items():
            archive.writestr(zipfile.ZipInfo(inside), data)
    return path


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


class Shelf:
    """What the index serves, and what was asked of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[tuple[str, str]] = []
        """File and `Range` header of each request for a wheel, without pip's own."""
        self.break_after: list[int] = []
        """Bytes after which the next downloads break off."""
        self.ignores_range = False
        self.url = ""

    def packages(self) -> dict[str, list[Path]]:
        found: dict[str, list[Path]] = {}
        for wheel in sorted(self.folder.glob("*.whl")):
            found.setdefault(wheel.name.split("-")[0].replace("_", "-"), []).append(wheel)
        return found


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    shelf: Shelf

    def do_GET(self) -> None:
        parts = [part for part in self.path.split("/") if part]
        if parts[:1] == ["simple"] and len(parts) == 2:
            self._index(parts[1])
        elif parts[:1] == ["files"] and (self.shelf.folder / parts[-1]).is_file():
            self._file(self.shelf.folder / parts[-1])
        else:
            self.send_error(404)

    def _index(self, package: str) -> None:
        wheels = self.shelf.packages().get(package)
        if not wheels:
            self.send_error(404)
            return
        links = [
            f'<a href="/files/{wheel.name}#sha256={hashlib.sha256(wheel.read_bytes()).hexdigest()}">'
            f"{wheel.name}</a>"
            for wheel in wheels
        ]
        body = ("<!DOCTYPE html><html><body>" + "".join(links) + "</body></html>").encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _file(self, path: Path) -> None:
        data = path.read_bytes()
        wanted = self.headers.get("Range", "")
        ours = "httpx" in self.headers.get("User-Agent", "")
        if ours:
            self.shelf.asked.append((path.name, wanted))
        start = (
            int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and not self.shelf.ignores_range else 0
        )
        if start >= len(data):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(data)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(data) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.end_headers()
        if ours and self.shelf.break_after:
            self.wfile.write(data[start : start + self.shelf.break_after.pop(0)])
            self.wfile.flush()
            self.close_connection = True
            return
        self.wfile.write(data[start:])

    def log_message(self, format: str, *args: object) -> None: ...


@contextmanager
def serving(folder: Path) -> Iterator[Shelf]:
    """The wheels of `folder` as a package index on a free port."""
    shelf = Shelf(folder)
    handler = type("Handler", (_Handler,), {"shelf": shelf})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    shelf.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield shelf
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
