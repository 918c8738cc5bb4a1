"""A shop's order service over HTTP, as real ones are: slow, failing, sending garbage, and sometimes well."""

import json
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ORDERS = {
    "12345": {"number": "12345", "state": {"name": "shipped", "late": False}, "total": 84.90, "by": ["UPS"]},
    "55781": {"number": "55781", "state": {"name": "processing", "late": True}, "total": 39.80, "by": []},
}


class Handler(BaseHTTPRequestHandler):
    """Answers one request; `stand` is the server it belongs to."""

    stand: "OrderServer"

    def log_message(self, *_: Any) -> None:
        pass

    def _body(self) -> Any:
        length = int(self.headers.get("Content-Length") or 0)
        return json.loads(self.rfile.read(length)) if length else None

    def _send(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _answer(self) -> None:
        body = self._body()
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.stand.seen.append((self.command, self.path, headers, body))
        self.stand.counts[self.path] += 1
        time.sleep(self.stand.slow_s)
        _, kind, *rest = self.path.split("/")
        if self.stand.down or kind == "fails" or (kind == "flaky" and self.stand.counts[self.path] == 1):
            self._send(503, b"busy")
        elif kind == "garbage":
            self._send(200, b"<html>Welcome</html>")
        elif kind == "huge":
            self._send(200, b'"' + b"x" * 1_100_000 + b'"')
        elif kind == "drip":
            self.send_response(200)
            self.end_headers()
            for _ in range(40):
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(0.05)
        elif kind == "cut":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b'{"data"')
        elif self.command == "POST" and rest[1:] == ["cancel"]:
            self._change(headers["idempotency-key"], f"cancel {rest[0]}")
        elif self.command == "POST" and rest[1:] == ["reopen"]:
            self._change(headers["idempotency-key"], f"reopen {rest[0]}")
        elif rest and rest[0] in ORDERS:
            order = dict(ORDERS[rest[0]])
            if rest[0] in self.stand.cancelled:
                order["state"] = {"name": "cancelled"}
            self._send(200, json.dumps({"data": {"orders": [order]}}).encode())
        else:
            self._send(404, b"no such order")

    def _change(self, key: str, what: str) -> None:
        """Does it once a key; the first answer is lost on the way, as networks do."""
        first = key not in self.stand.made
        self.stand.made.setdefault(key, what)
        verb, number = what.split()
        if first:
            (self.stand.cancelled.add if verb == "cancel" else self.stand.cancelled.discard)(number)
        if first and self.stand.counts["lose"]:
            self.stand.counts["lose"] -= 1
            self.connection.close()
            return
        self._send(200, b"done")

    def do_GET(self) -> None:
        try:
            self._answer()
        except (BrokenPipeError, ConnectionResetError):
            pass

    do_POST = do_GET


class OrderServer:
    """`with OrderServer() as server`; `server.url` is its address, `server.seen` what was asked."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, dict[str, str], Any]] = []
        self.counts: Counter[str] = Counter()
        self.made: dict[str, str] = {}
        """Idempotency-Key -> what was done under it."""
        self.cancelled: set[str] = set()
        self.down = False
        self.slow_s = 0.0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Handler,), {"stand": self}))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> "OrderServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
