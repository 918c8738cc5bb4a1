"""Holds one conversation: a business and a database of its own, a server of its own, `agent call`."""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from agent.dialogue.demo_shop import seed
from agent.settings import ROOT
from bench.conversations.database import prepare
from bench.conversations.judge import Verdict, World, judge
from bench.conversations.talk import Talk

SHOP = ROOT / "config" / "business" / "shop"
SEED = 7
LONGEST_S = 600.0


@dataclass(frozen=True, slots=True)
class Held:
    """A conversation that was held, and what is thought of it."""

    talk: Talk
    verdict: Verdict
    report: Mapping[str, Any]
    """Empty where no call came about."""


def hold(talk: Talk, kept: Path, sets: Sequence[str] = ()) -> Held:
    """The call, in real time. Its report and sound are left in `kept`; `sets` are settings, `key=value`."""
    with tempfile.TemporaryDirectory(prefix="conversation-") as name:
        folder = Path(name)
        world = world_of(talk, folder)
        report, problem = _call(talk, folder, kept, sets)
        if report is None:
            return Held(talk, Verdict([problem or "the call gave no report"]), {})
        verdict = judge(talk.goal, talk.acts, report, world)
        if problem is not None:
            verdict.faults.append(problem)
        return Held(talk, verdict, report)


def world_of(talk: Talk, folder: Path) -> World:
    """The demo shop in `folder`, seeded for today and prepared, and a copy of its database."""
    shop = folder / "business" / "shop"
    shutil.copytree(SHOP, shop)
    told = shop / "business.toml"
    database, before = folder / "shop.db", folder / "before.db"
    text = told.read_text(encoding="utf-8")
    text, count = re.subn(r'(?m)^database = ".*"$', f'database = "sqlite:///{database}"', text)
    if count != 1:
        raise ValueError(f"{SHOP / 'business.toml'} names no database")
    told.write_text(text, encoding="utf-8")
    zone = re.search(r'(?m)^timezone = "(.+)"$', text)
    seed(database, number=SEED, today=datetime.now(ZoneInfo(zone[1]) if zone else None).date())
    prepare(database, talk.prepare)
    shutil.copyfile(database, before)
    return World(shop, before, database)


def _call(
    talk: Talk, folder: Path, kept: Path, sets: Sequence[str]
) -> tuple[dict[str, Any] | None, str | None]:
    """The report as `agent call --json` prints it, and what went wrong."""
    kept.mkdir(parents=True, exist_ok=True)
    settings = [
        f"dialogue.business_dir={folder / 'business'}",
        f"records.url=sqlite:///{folder / 'calls.db'}",
        f"records.recordings_dir={folder / 'recordings'}",
        "log.level=WARNING",
        *sets,
    ]
    command = [sys.executable, "-m", "agent", "call", "--script", str(talk.script), "--json"]
    command += ["--out", str(kept / f"{talk.name}.wav")]
    command += [word for line in settings for word in ("--set", line)]
    try:
        done = subprocess.run(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LONGEST_S
        )
    except subprocess.TimeoutExpired:
        return None, f"the call didn't end in {LONGEST_S:.0f} s"
    said = done.stderr.strip().splitlines()
    problem = (said[-1] if said else "no reason given") if done.returncode else None
    try:
        report: dict[str, Any] = json.loads(done.stdout)
    except json.JSONDecodeError:
        return None, problem
    (kept / f"{talk.name}.json").write_text(done.stdout, encoding="utf-8")
    return report, problem
