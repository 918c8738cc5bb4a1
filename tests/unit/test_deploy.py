"""What deploy/ and docs/operating.md name is there: metrics, settings, files; and ends come in time."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry

from agent.call.metered import EngineMetrics
from agent.call.metrics import CallMetrics, server_registry, watch_loop
from agent.settings import ROOT
from agent.settings.keys import KEYS
from agent.settings.tree import Server
from telephony.admission import Numbers
from telephony.drain import CANCEL_MS, FAREWELL_MS
from telephony.metrics import LineMetrics

DEPLOY = ROOT / "deploy"
METRIC = re.compile(r"\b((?:ringdown|process|python)_[a-z_]+)\b")
LONGEST_END_S = (Server().drain_ms + FAREWELL_MS + CANCEL_MS) / 1000


@pytest.fixture(scope="module")
def metrics() -> dict[str, str]:
    """Each metric of a server, by the name that Prometheus shows (without histograms' endings) -> help."""
    registry = server_registry()
    CallMetrics(registry).watch_records(lambda: 0)
    EngineMetrics(registry)
    LineMetrics(registry).watch(lambda: Numbers(0, 0, 0), 8, lambda: None)

    async def start_and_stop() -> None:
        watching = asyncio.create_task(watch_loop(registry))
        await asyncio.sleep(0)
        watching.cancel()

    asyncio.run(start_and_stop())
    return {_shown(family.name, family.type): family.documentation for family in _families(registry)}


def _families(registry: CollectorRegistry) -> Iterator[Any]:
    return iter(registry.collect())


def _shown(name: str, kind: str) -> str:
    return f"{name}_total" if kind == "counter" else name


def named_in(text: str) -> set[str]:
    found = {re.sub(r"_(?:bucket|count|sum)$", "", name) for name in METRIC.findall(text)}
    return found


def test_the_dashboard_and_the_alerts_ask_for_metrics_that_exist(metrics: dict[str, str]):
    board = json.loads((DEPLOY / "grafana.json").read_text())
    asked = " ".join(target["expr"] for panel in board["panels"] for target in panel["targets"])
    rules = yaml.safe_load((DEPLOY / "ringdown_alerts.yaml").read_text())
    alerts = " ".join(rule["expr"] for group in rules["groups"] for rule in group["rules"])
    assert named_in(asked) - set(metrics) == set()
    assert named_in(alerts) - set(metrics) == set()
    ours = {name for name in metrics if name.startswith("ringdown_")}
    assert ours - named_in(asked) == set(), "each of ours stands on the dashboard"


def test_the_manual_lists_each_metric_of_ours_and_no_other(metrics: dict[str, str]):
    manual = (ROOT / "docs" / "operating.md").read_text()
    rows = {row[1]: row[2] for row in re.finditer(r"^\| `(ringdown_\w+)` \|[^|]*\| (.*?) \|$", manual, re.M)}
    assert rows == {name: text for name, text in metrics.items() if name.startswith("ringdown_")}


def settings_in(text: str) -> set[str]:
    variables = set(re.findall(r"\bRINGDOWN_[A-Z0-9_]*__[A-Z0-9_]+\b", text))
    return {
        name.removeprefix("RINGDOWN_").removesuffix("_FILE").lower().replace("__", ".") for name in variables
    }


def test_each_setting_that_deploy_names_is_one():
    for path in [*DEPLOY.iterdir(), ROOT / "docs" / "operating.md"]:
        if path.is_file():
            assert settings_in(path.read_text()) - {"section.key"} - set(KEYS.by_name) == set(), path.name


def test_each_setting_that_the_manual_names_is_one():
    manual = (ROOT / "docs" / "operating.md").read_text()
    sections = "|".join(KEYS.sections)
    named = {
        name for name in re.findall(rf"`((?:{sections})\.[a-z_]+)\b", manual) if not name.endswith(".toml")
    }
    assert len(named) > 15 and named - set(KEYS.by_name) == set()


def test_what_stops_the_service_waits_for_the_calls_to_end():
    unit = (DEPLOY / "ringdown.service").read_text()
    stop = re.search(r"^TimeoutStopSec=(\d+)$", unit, re.M)
    assert stop and int(stop[1]) > LONGEST_END_S + 5
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    assert int(compose["services"]["agent"]["stop_grace_period"].removesuffix("s")) > LONGEST_END_S + 5


def test_a_wrong_setting_ends_the_service_and_no_restart_follows():
    unit = (DEPLOY / "ringdown.service").read_text()
    assert re.search(r"^RestartPreventExitStatus=2$", unit, re.M)
    assert not re.search(r"^ExecStartPre=", unit, re.M), "its exit status is none of the service's"
    start = re.search(r"^ExecStart=\S+/python (.+) --config \S+$", unit, re.M)
    assert start is not None
    for wrong in ("server.softphone_remote=true", "server.nonsense=1"):
        words = [sys.executable, *start[1].split(), "--set", wrong, "--set", "server.port=0"]
        assert subprocess.run(words, cwd=ROOT, capture_output=True, timeout=60).returncode == 2, wrong


def test_an_image_is_built_in_one_way():
    files = [yaml.safe_load((DEPLOY / name).read_text()) for name in ("compose.yaml", "compose.gpu.yaml")]
    services = {name: {} for file in files for name in file["services"]}
    for file in files:
        for name, service in file["services"].items():
            build = {**services[name].get("build", {}), **service.get("build", {})}
            services[name] = {**services[name], **service, **({"build": build} if build else {})}
    built: dict[str, list[Any]] = {}
    for service in services.values():
        if "build" in service:
            built.setdefault(service["image"], []).append(service["build"])
    assert len(built) == 2
    assert [image for image, ways in built.items() if any(way != ways[0] for way in ways)] == []


def test_what_the_image_copies_is_there_and_let_through():
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    for line in (DEPLOY / "Dockerfile").read_text().splitlines():
        if not line.startswith("COPY ") or "--from" in line:
            continue
        for source in line.split()[1:-1]:
            assert (ROOT / source).exists(), source
            assert any(source == known or source.startswith(f"{known}/") for known in allowed), source


def test_caddy_passes_twilios_addresses_and_no_other_unless_a_line_is_changed():
    text = (DEPLOY / "Caddyfile").read_text()
    live = [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]
    assert [line for line in live if " path " in f" {line} "] == [
        "@twilio path /twilio/voice /twilio/status /twilio/stream"
    ]
    assert "respond 404" in live
