"""The house in order: ours is the one imported, files stay short, one reader of the environment."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import agent
from agent.settings import ROOT

CODE = ("agent", "telephony", "finetune", "bench", "tests")
FORBIDDEN = {"utils", "util", "common", "helpers", "helper", "manager", "misc"}
LONGEST_FILE = 350
LONGEST_FUNCTION = 70


def python_files(*folders: str) -> list[Path]:
    files = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    assert len(files) > 20, "the house wasn't found"
    return files


def test_our_agent_is_the_one_imported_from_a_clone():
    assert Path(agent.__file__ or "").resolve() == ROOT / "agent" / "__init__.py"
    code = "import agent, telephony; print(agent.__file__); print(telephony.__file__)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert [Path(line).parent for line in done.stdout.split()] == [ROOT / "agent", ROOT / "telephony"]


def test_config_is_data_and_never_a_package():
    assert (ROOT / "config").is_dir()
    assert list((ROOT / "config").rglob("*.py")) == []


def test_no_file_is_over_350_lines():
    lines = {str(path.relative_to(ROOT)): _lines(path) for path in python_files(*CODE)}
    assert {path: n for path, n in lines.items() if n > LONGEST_FILE} == {}


def _lines(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def test_no_function_is_over_70_lines():
    long = []
    for path in python_files(*CODE):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
                lines = node.end_lineno - node.lineno + 1
                if lines > LONGEST_FUNCTION:
                    long.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name} has {lines} lines")
    assert long == []


def test_no_file_has_a_name_that_says_nothing():
    assert [str(path) for path in python_files(*CODE) if set(path.stem.split("_")) & FORBIDDEN] == []


def test_each_file_of_the_code_says_in_its_first_line_what_it_is():
    bare = [
        str(path.relative_to(ROOT))
        for path in python_files("agent", "telephony")
        if path.read_text("utf-8").strip() and not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    ]
    assert bare == []


READERS = {"environ", "environb", "getenv", "getenvb"}


def reads_environment(source: str) -> bool:
    """Whether a source looks at the environment's variables (`os.putenv` only writes)."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in READERS:
            return True
        if isinstance(node, ast.ImportFrom) and node.module == "os":
            if {alias.name for alias in node.names} & READERS:
                return True
    return False


def test_only_settings_reads_the_environment():
    files = python_files("agent", "telephony")
    readers = [path.relative_to(ROOT) for path in files if reads_environment(path.read_text("utf-8"))]
    assert readers, "settings reads it, so a reader must be found"
    assert [str(path) for path in readers if path.parent != Path("agent/settings")] == []


def test_a_reader_of_the_environment_is_seen_in_each_disguise():
    for source in (
        "import os\nos.environ['A']",
        "from os import getenv as g",
        "import os as o\no.getenv('A')",
    ):
        assert reads_environment(source)
    assert not reads_environment("import os\nos.putenv('A', 'b')")


def test_nothing_heavy_is_imported_for_the_help():
    heavy = ("pipecat", "torch", "onnxruntime", "ctranslate2", "pydantic", "numpy", "sqlalchemy", "rich")
    code = (
        f"import agent.cli.main as m, sys; m.build(None); print([n for n in {heavy!r} if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_source_names_a_folder_of_the_machine_it_was_written_on():
    homes = ("/" + "home/", "/" + "work/", "/" + "root/", "/" + "Users/", os.fspath(ROOT) + "/")
    named = [
        str(path.relative_to(ROOT))
        for path in python_files(*CODE)
        if any(home in path.read_text("utf-8") for home in homes)
    ]
    assert named == []
