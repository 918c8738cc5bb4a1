"""The routes of the page: who gets what, with which headers, and nothing from beside the folder."""

import json
import shutil
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import httpx
import pytest

from agent.cli.check import _business
from agent.settings import ROOT, Tree
from telephony.softphone.page import WEB, Page
from telephony.softphone.recorded_callers import CallersError, show_business
from tests.protocol.doors import Echo, house

WAV = b"RIFF\x04\x00\x00\x00WAVE"
CALLERS = """
[order]
title = "Where is my order?"
steps = [
  { play = "ask.wav", says = "Where is my order?" },
  { dtmf = "12345#" },
  { play = "stop.wav", after_agent_starts_ms = 700 },
]
"""


@pytest.fixture
def bakery(tmp_path: Path) -> Path:
    """A business's folder with a recorded caller, and secrets beside it."""
    folder = tmp_path / "bakery"
    (folder / "callers").mkdir(parents=True)
    (folder / "business.toml").write_text("secret")
    (folder / "secret.wav").write_bytes(WAV)
    for name in ("ask.wav", "stop.wav", "unplayed.wav"):
        (folder / "callers" / name).write_bytes(WAV)
    (folder / "callers" / "callers.toml").write_text(CALLERS)
    return folder


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A page of its own, with a file beside its folder."""
    folder = tmp_path / "web"
    (folder / "deep").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Ringdown</title>")
    (folder / "deep" / "call.js").write_text("export const x = 1;")
    (folder / "look.css").write_text("body { margin: 0 }")
    (folder / "notes.txt").write_text("for nobody")
    (folder / ".hidden.js").write_text("1")
    (tmp_path / "beside.js").write_text("secret")
    (folder / "linked.js").symlink_to(tmp_path / "beside.js")
    before = Page.__init__
    monkeypatch.setattr(Page, "__init__", lambda self, *given: before(self, *given, folder))
    return folder


def client(at, **more) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=at.url, trust_env=False, **more)


async def test_the_page_and_its_files_come_with_their_types_and_a_strict_policy(web: Path):
    async with house(Echo()) as at, client(at) as http:
        page = await http.get("/")
        assert (page.status_code, page.text) == (200, "<!doctype html><title>Ringdown</title>")
        types = {"/": "text/html", "/web/deep/call.js": "text/javascript", "/web/look.css": "text/css"}
        for path, kind in types.items():
            got = await http.get(path)
            assert got.status_code == 200 and got.headers["content-type"] == f"{kind}; charset=utf-8"
            assert got.headers["cache-control"] == "no-cache"
            assert got.headers["x-content-type-options"] == "nosniff"
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "script-src 'self';" in policy
        assert f"connect-src 'self' {at.ws} {at.ws.replace('ws', 'wss', 1)};" in policy
        assert "unsafe" not in policy and "*" not in policy and "http:" not in policy
        again = await http.get("/web/look.css", headers={"If-None-Match": got.headers["etag"]})
        assert again.status_code == 304


@pytest.mark.parametrize(
    "path",
    [
        "/web/",
        "/web/deep",
        "/web/absent.js",
        "/web/notes.txt",
        "/web/../beside.js",
        "/web/..%2fbeside.js",
        "/web/%2e%2e/beside.js",
        "/web/..%5cbeside.js",
        "/web/deep/../../beside.js",
        "/web//etc/passwd",
        "/web/%00.js",
        "/web/linked.js",
    ],
)
async def test_nothing_from_beside_the_folder_is_served(web: Path, path: str):
    async with house(Echo()) as at, client(at) as http:
        request = http.build_request("GET", "/")
        request.url = request.url.copy_with(raw_path=path.encode())
        got = await http.send(request)
        assert got.status_code == 404 and "secret" not in got.text


async def test_a_server_without_the_page_says_that_there_is_nothing(web: Path):
    (web / "index.html").unlink()
    async with house(Echo()) as at, client(at) as http:
        assert (await http.get("/")).status_code == 404


async def test_the_businesses_are_offered_with_their_callers(bakery: Path):
    shown = [show_business("bakery", "Bright Bakery", bakery)]
    async with house(Echo(), shown=shown) as at, client(at) as http:
        got = await http.get("/softphone/businesses")
        assert got.json() == {
            "default": "shop",
            "businesses": [
                {
                    "name": "bakery",
                    "title": "Bright Bakery",
                    "callers": [
                        {
                            "id": "order",
                            "title": "Where is my order?",
                            "steps": [
                                {"play": "ask.wav", "says": "Where is my order?"},
                                {"dtmf": "12345#"},
                                {"play": "stop.wav", "after_agent_starts_ms": 700},
                            ],
                        }
                    ],
                }
            ],
        }
        wav = await http.get("/softphone/callers/bakery/ask.wav")
        assert (wav.content, wav.headers["content-type"]) == (WAV, "audio/wav")
        for absent in (
            "bakery/unplayed.wav",
            "bakery/callers.toml",
            "bakery/..%2fsecret.wav",
            "bakery/../secret.wav",
            "bakery/../business.toml",
            "shop/ask.wav",
            "../bakery/ask.wav",
        ):
            request = http.build_request("GET", "/")
            request.url = request.url.copy_with(raw_path=b"/softphone/callers/" + absent.encode())
            assert (await http.send(request)).status_code == 404, absent


ROUTES = ("/", "/web/look.css", "/softphone/businesses", "/softphone/callers/bakery/ask.wav")


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "203.0.113.7"},
        {"CF-Connecting-IP": "203.0.113.7"},
        {"Host": "attacker.test:8765"},
        {"Origin": "https://evil.test"},
    ],
)
async def test_from_elsewhere_nothing_is_given(web: Path, bakery: Path, headers: dict[str, str]):
    shown = [show_business("bakery", "Bright Bakery", bakery)]
    async with house(Echo(), shown=shown) as at, client(at, headers=headers) as http:
        for route in ROUTES:
            got = await http.get(route)
            assert got.status_code == 403, route
            assert "cache-control" in got.headers


async def test_the_page_comes_without_the_token_and_what_it_asks_for_does_not(web: Path, bakery: Path):
    shown = [show_business("bakery", "Bright Bakery", bakery)]
    async with house(Echo(), shown=shown, softphone_token="open sesame") as at, client(at) as http:
        assert [(await http.get(route)).status_code for route in ROUTES] == [200, 200, 401, 401]
        bearer = {"Authorization": "Bearer open sesame"}
        assert [(await http.get(r, headers=bearer)).status_code for r in ROUTES] == [200] * 4
        assert [(await http.get(r + "?token=open%20sesame")).status_code for r in ROUTES] == [200] * 4
        assert [(await http.get(r + "?token=wrong")).status_code for r in ROUTES[2:]] == [401, 401]


async def test_a_page_open_to_the_network_is_given_by_its_own_name(web: Path, bakery: Path):
    shown = [show_business("bakery", "Bright Bakery", bakery)]
    setting = {"softphone_remote": True, "softphone_token": "t", "shown": shown}
    name = {"Host": "phone.example.test", "X-Forwarded-For": "203.0.113.7"}
    async with house(Echo(), **setting) as at, client(at, headers=name) as http:
        page = await http.get("/")
        assert "wss://phone.example.test;" in page.headers["content-security-policy"]
        assert (await http.get("/softphone/businesses?token=t")).status_code == 200
        strange = await http.get("/", headers={"Host": "a;script-src *"})
        assert "*" not in strange.headers["content-security-policy"]


async def test_a_business_without_callers_has_none(tmp_path: Path):
    shown = show_business("plain", "Plain", tmp_path)
    assert shown.described() == {"name": "plain", "title": "Plain", "callers": []}
    assert shown.wav("ask.wav") is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[a]\ntitle = "A"\nsteps = [{ play = "absent.wav" }]', "absent.wav, which isn't in"),
        ('[a]\ntitle = "A"\nsteps = [{ play = "../secret.wav" }]', "a.steps.0.play"),
        ('[a]\ntitle = "A"\nsteps = [{ dtmf = "12x" }]', "a.steps.0.dtmf"),
        ('[a]\ntitle = "A"\nsteps = [{ says = "A" }]', "exactly one of play and dtmf"),
        ('[a]\ntitle = "A"\nsteps = []', "a.steps"),
        ("[a]\ntitle = ", "can't be read"),
        ("", None),
    ],
)
def test_a_mistake_in_the_callers_is_told_with_its_file(bakery: Path, text: str, told: str | None):
    path = bakery / "callers" / "callers.toml"
    path.write_text(text)
    if told is None:
        assert show_business("bakery", "B", bakery).callers == {}
        return
    with pytest.raises(CallersError, match=r"callers\.toml") as caught:
        show_business("bakery", "B", bakery)
    assert told in str(caught.value)


def test_the_check_of_a_business_tells_a_mistake_in_its_callers(tmp_path: Path):
    folder = tmp_path / "shop"
    shutil.copytree(ROOT / "config" / "business" / "shop", folder)
    assert list(_business(folder, Tree())) == []
    (folder / "callers" / "cough.wav").unlink()
    assert [error for error in _business(folder, Tree()) if "cough.wav, which isn't in" in error]


def test_a_wheel_brings_the_page_and_the_businesses():
    setup = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    kinds = setup["package-data"]["*"]
    parts = setup["packages"]["find"]["include"]
    folders = (WEB, ROOT / "config")
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 20, "nothing was found"
    for path in files:
        assert any(fnmatch(path.name, kind) for kind in kinds), f"{path} would be left out of a wheel"
        assert any(fnmatch(path.relative_to(ROOT).parts[0], part) for part in parts), path


def test_the_demo_shop_has_callers_for_the_page_and_the_terminal_can_play_them():
    from telephony.line.sound import read_sound

    shop = show_business("shop", "Harbor Goods", ROOT / "config" / "business" / "shop")
    assert len(shop.callers) >= 4
    steps = [step for caller in shop.callers.values() for step in caller.steps]
    assert any(step.dtmf for step in steps) and any(step.after_agent_starts_ms for step in steps)
    for step in steps:
        if step.play is not None:
            sound = read_sound(shop.folder / step.play)
            assert sound.speech.end_ms > sound.speech.start_ms and step.says
    json.dumps(shop.described())
