"""Who may import whom: reads every import of the code, those inside functions and relative ones too."""

import ast
from pathlib import Path
from typing import get_args

import pytest

from agent.settings import ROOT, Tree

FOLDERS = ("agent", "telephony", "finetune")

LAYERS = {
    "agent.settings": 0,
    "agent.models": 1,
    "agent.vad": 1,
    "agent.asr": 1,
    "agent.llm": 1,
    "agent.tts": 1,
    "agent.turns": 1,
    "agent.dialogue": 2,
    "agent.call": 3,
    "telephony": 4,
    "agent.cli": 5,
}
"""Imports go to a smaller number, or stay inside one part."""

ENGINES = {"agent.vad", "agent.asr", "agent.llm", "agent.tts"}

TELEPHONY_MAY = ("agent.settings", "agent.call.incoming", "agent.call.playback", "agent.call.frames")
"""All that telephony knows of the agent: how a call is handed over."""

FINETUNE_MAY = {
    "agent.settings",
    "agent.models",
    "agent.turns",
    "agent.dialogue",
    "agent.vad",
    "agent.asr",
} | {"agent.llm"}

NOBODY = {"finetune", "config", "tests", "bench"}
"""Imported by nothing but themselves."""


def imports_of(source: str, module: str, is_package: bool) -> set[str]:
    """The absolute names of all modules that `source` (the module named `module`) imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = module.split(".")
                keep = len(parts) - node.level + is_package
                base = ".".join([*parts[:keep], *([base] if base else [])])
            found |= {f"{base}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call) and _called(node.func) in ("import_module", "__import__"):
            found |= {arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant)}
    return found


def _called(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def part_of(module: str) -> str | None:
    """The part of the house that a module belongs to; None for a stranger."""
    top, _, rest = module.partition(".")
    if top != "agent":
        return top if top in ("telephony", *NOBODY) else None
    name = f"agent.{rest.partition('.')[0]}"
    return name if name in LAYERS else None


def trespass(module: str, imported: str) -> str | None:
    """Why `module` may not import `imported`; None where it may."""
    mine, other = part_of(module), part_of(imported)
    if mine is None or other == mine:
        return None
    if mine == "finetune":
        return None if other is None or other in FINETUNE_MAY else "finetune knows nothing of a call"
    if other in NOBODY:
        return "nobody imports finetune, config, tests or bench"
    if imported.split(".")[0] == "pipecat" and mine in ("agent.turns", "agent.dialogue"):
        return f"{mine} knows no pipecat"
    if other is None:
        return None
    if mine == "telephony":
        known = imported.startswith(TELEPHONY_MAY)
        return None if known else "telephony knows how a call is handed over, and nothing else"
    if mine == "agent.dialogue" and other in ENGINES - {"agent.llm"}:
        return "the dialogue knows no audio"
    if mine in ENGINES and other in ENGINES:
        return "engines don't know each other"
    if LAYERS[other] > LAYERS[mine]:
        return "imports go down, never up"
    if LAYERS[other] == LAYERS[mine] and other != "agent.models":
        return "parts of one layer don't know each other"
    if mine == "agent.call" and other == "telephony":
        return "a call knows no vendor"
    return None


def backends(engine: str) -> tuple[str, ...]:
    """The names of an engine's backends, as its section of the settings lists them."""
    field = Tree.model_fields[engine.rpartition(".")[2]].annotation.model_fields["backend"]
    return tuple(name for name in get_args(field.annotation) if name != "off")


def backend_of(module: str, names: tuple[str, ...]) -> str | None:
    """The backend that a module belongs to (`agent.llm.llama_server` to `llama`); None for shared ones."""
    parts = module.split(".")
    stem = parts[2] if len(parts) > 2 else ""
    return next((name for name in names if stem == name or stem.startswith(f"{name}_")), None)


def modules() -> list[tuple[str, Path]]:
    files = [path for name in FOLDERS for path in sorted((ROOT / name).rglob("*.py"))]
    return [(".".join(_dotted(path)), path) for path in files]


def _dotted(path: Path) -> tuple[str, ...]:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts


def test_every_import_goes_down_the_layers():
    read = modules()
    assert len(read) > 40, "the house wasn't found"
    assert set(LAYERS) <= {part_of(name) for name, _ in read}, "a part wasn't found"
    wrong = []
    for name, path in read:
        for imported in sorted(imports_of(path.read_text("utf-8"), name, path.name == "__init__.py")):
            reason = trespass(name, imported)
            if reason:
                wrong.append(f"{path.relative_to(ROOT)} imports {imported}: {reason}")
    assert wrong == []


def test_backends_of_one_engine_never_import_each_other():
    seen, wrong = set(), []
    for engine in sorted(ENGINES):
        names = backends(engine)
        for module, path in modules():
            mine = backend_of(module, names) if part_of(module) == engine else None
            if mine is None:
                continue
            seen.add((engine, mine))
            for imported in imports_of(path.read_text("utf-8"), module, False):
                other = backend_of(imported, names) if part_of(imported) == engine else None
                if other not in (None, mine):
                    wrong.append(f"{module} imports {imported}")
    assert wrong == []
    assert {engine for engine, _ in seen} == ENGINES, "an engine's backends weren't found"
    assert all((engine, "fake") in seen for engine in ENGINES), "each engine ships a fake"


def test_our_code_never_imports_piper_for_it_is_gpl():
    worker = ROOT / "agent/tts/piper_worker.py"
    users = [
        path
        for name, path in modules()
        for imported in imports_of(path.read_text("utf-8"), name, path.name == "__init__.py")
        if imported.split(".")[0] == "piper"
    ]
    assert set(users) <= {worker}


@pytest.mark.parametrize(
    ("module", "source", "reason"),
    [
        ("agent.call.pipeline", "import telephony.server", "up"),
        ("agent.dialogue.responder", "def f():\n    from agent.tts import piper", "no audio"),
        ("agent.dialogue.responder", "import pipecat.frames", "no pipecat"),
        ("agent.turns.end_of_turn", "from pipecat.audio import vad", "no pipecat"),
        ("agent.asr.whisper", "from ..vad import silero", "each other"),
        ("telephony.server", "from agent.llm import llama", "handed over"),
        ("telephony.server", "from agent.call import pipeline", "handed over"),
        ("agent.settings.load", "from agent import models", "never up"),
        ("agent.cli.serve", "import finetune.train", "nobody"),
        ("agent.turns.end_of_turn", "from importlib import import_module\nimport_module('agent.call')", "up"),
        ("finetune.train", "from agent.call import records", "nothing of a call"),
    ],
)
def test_a_wrong_import_is_seen(module: str, source: str, reason: str):
    found = [trespass(module, imported) for imported in imports_of(source, module, False)]
    assert any(reason in said for said in found if said)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("agent.cli.serve", "from telephony import server\nfrom agent.call import records"),
        ("telephony.server", "from agent.call.incoming import IncomingCall\nfrom agent.settings import Tree"),
        ("agent.call.pipeline", "import pipecat\nfrom agent.dialogue.protocol import Reply"),
        ("agent.dialogue.responder", "from agent.llm.protocol import LlmEngine\nfrom . import claims"),
    ],
)
def test_a_right_import_is_let_through(module: str, source: str):
    assert [trespass(module, name) for name in imports_of(source, module, False)].count(None) == 2
