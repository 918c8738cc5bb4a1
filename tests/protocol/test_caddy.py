"""A call through a real Caddy with deploy/Caddyfile: TLS, Twilio's signature, the socket, and nothing else.

Runs where the program `caddy` is (Debian's package of that name).
"""

import asyncio
import contextlib
import os
import shutil
import socket as sockets
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from agent.settings import ROOT
from tests.protocol.doors import PUBLIC, STREAM_URL, Echo, House, closed, first, house, media, signed, start

CADDY = shutil.which("caddy")
NAME = PUBLIC.removeprefix("https://")
pytestmark = pytest.mark.skipif(CADDY is None, reason="caddy is not installed")


@dataclass
class Proxy:
    """A running Caddy."""

    port: int
    trust: ssl.SSLContext

    async def http(self, method: str, path: str, **request) -> httpx.Response:
        request["headers"] = {"Host": NAME, **request.get("headers", {})}
        async with httpx.AsyncClient(verify=self.trust, trust_env=False) as client:
            return await client.request(
                method,
                f"https://127.0.0.1:{self.port}{path}",
                extensions={"sni_hostname": NAME},
                **request,
            )

    def socket(self, path: str, **options) -> connect:
        return connect(
            f"wss://{NAME}:{self.port}{path}",
            host="127.0.0.1",
            port=self.port,
            ssl=self.trust,
            compression=None,
            close_timeout=1,
            proxy=None,
            **options,
        )


@contextlib.asynccontextmanager
async def caddy(at: House, folder: Path, *, page: bool = False) -> AsyncIterator[Proxy]:
    """Caddy with the shipped file; certificates of its own, no rights. `page`: the # of its lines away."""
    text = (ROOT / "deploy" / "Caddyfile").read_text()
    if page:
        head, mark, tail = text.partition("\t# @page")
        lines, mark_end, rest = (mark + tail).partition("\t# }\n")
        text = head + (lines + mark_end).replace("\t# ", "\t") + rest
        assert text.count("reverse_proxy") == 2 and "# }" not in text
    with sockets.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = "{\n admin off\n local_certs\n skip_install_trust\n auto_https disable_redirects\n}\n"
    (folder / "Caddyfile").write_text(options + text)
    environment = {
        **os.environ,
        "RINGDOWN_DOMAIN": f"https://{NAME}:{port}",
        "RINGDOWN_UPSTREAM": at.url.removeprefix("http://"),
        "XDG_DATA_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
        "HOME": str(folder),
    }
    words = [str(CADDY), "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    log = (folder / "caddy.log").open("w")
    process = await asyncio.create_subprocess_exec(*words, env=environment, stdout=log, stderr=log)
    try:
        yield Proxy(
            port, await _trust(folder / "caddy/pki/authorities/local/root.crt", port, process, folder)
        )
    finally:
        process.terminate()
        await process.wait()
        log.close()


async def _trust(root: Path, port: int, process: asyncio.subprocess.Process, folder: Path) -> ssl.SSLContext:
    """The context that trusts this Caddy, when its certificate is there."""
    async with asyncio.timeout(30):
        while True:
            assert process.returncode is None, (folder / "caddy.log").read_text()
            if root.exists():
                trust = ssl.create_default_context(cafile=str(root))
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection(
                        "127.0.0.1", port, ssl=trust, server_hostname=NAME
                    )
                    writer.close()
                    return trust
            await asyncio.sleep(0.1)


async def test_twilios_call_goes_through_and_nothing_else_is_seen_from_outside(tmp_path: Path):
    answer = Echo()
    async with house(answer) as at, caddy(at, tmp_path) as proxy:
        form = {"CallSid": "CA1", "From": "+15550111", "To": "+15550199"}
        path = "/twilio/voice"
        twiml = await proxy.http("POST", path, data=form, headers=signed(PUBLIC + path, form))
        assert twiml.status_code == 200 and STREAM_URL in twiml.text
        token = twiml.text.partition('name="token" value="')[2].partition('"')[0]
        async with proxy.socket("/twilio/stream", additional_headers=signed(STREAM_URL)) as socket:
            await socket.send(start(token=token))
            for _ in range(10):
                await socket.send(media(b"\x12" * 160))
            assert (await first(socket, "media"))["streamSid"].startswith("MZ")
            answer.hang_up.set()
            assert await closed(socket) == (1000, "agent"), "code and reason pass too"
        forged = await proxy.http("POST", path, data=form, headers={"X-Twilio-Signature": "nonsense"})
        assert forged.status_code == 403
        for hidden in ("/", "/metrics", "/readyz", "/healthz", "/calls/a", "/softphone/businesses"):
            assert (await proxy.http("GET", hidden)).status_code == 404, hidden
        with pytest.raises(InvalidStatus, match="404"):
            async with proxy.socket("/softphone"):
                pass


async def test_the_page_from_elsewhere_calls_with_the_token_alone(tmp_path: Path):
    remote = house(Echo(), softphone_remote=True, softphone_token="open-sesame")
    async with remote as at, caddy(at, tmp_path, page=True) as proxy:
        origin = f"https://{NAME}:{proxy.port}"
        async with proxy.socket("/softphone?token=open-sesame", origin=origin) as socket:
            await _begun(socket)
        for query, page, status in (("", origin, 401), ("?token=open-sesame", "https://evil.test", 403)):
            with pytest.raises(InvalidStatus, match=str(status)):
                async with proxy.socket(f"/softphone{query}", origin=page):
                    pass
        assert (await proxy.http("GET", "/metrics")).status_code == 404


async def test_a_proxy_alone_opens_no_door_for_other_machines(tmp_path: Path):
    async with house(Echo()) as at, caddy(at, tmp_path, page=True) as proxy:
        with pytest.raises(InvalidStatus, match="403"):
            async with proxy.socket("/softphone"):
                pass


async def _begun(socket: ClientConnection) -> None:
    await socket.send(start())
    assert (await first(socket, "call"))["call_id"]
