"""The command line's frame: help, exit codes, sentences in place of tracebacks."""

import errno
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from agent.cli import console, main
from agent.models import MissingWeights
from agent.settings import ROOT, SettingsError


def agent(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "agent", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


def test_help_lists_each_subcommand_that_is_there_with_its_line():
    done = agent("--help")
    assert done.returncode == 0
    there = [name for name in main.COMMANDS if (ROOT / "agent/cli" / f"{name}.py").is_file()]
    assert {"models", "check"} <= set(there)
    for name in there:
        assert any(line.split()[:1] == [name] for line in done.stdout.splitlines()), name


def test_help_costs_less_than_half_a_second_of_processor():
    took = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        agent("--help")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert 0 < min(took) < 0.5


@pytest.mark.parametrize("name", sorted(main.COMMANDS))
def test_each_subcommand_shows_its_help(name: str):
    if not (ROOT / "agent/cli" / f"{name}.py").is_file():
        pytest.skip("this installation leaves it out")
    done = agent(name, "--help")
    assert done.returncode == 0, done.stderr
    assert f"agent {name}" in done.stdout


def test_a_subcommand_that_is_not_there_is_left_out(monkeypatch):
    monkeypatch.setitem(main.COMMANDS, "teleport", "Not there.")
    app = main.build("teleport")
    assert "teleport" not in {command.name for command in app.registered_commands}


def test_an_unknown_subcommand_is_wrong_usage():
    done = agent("nosuch")
    assert done.returncode == 2 and "nosuch" in done.stderr


def test_a_wrong_setting_is_one_sentence_on_stderr_and_code_2(tmp_path: Path):
    file = tmp_path / "my.toml"
    file.write_text("[server]\nprot = 1\n")
    done = agent("models", "list", "--config", str(file))
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and str(file) in done.stderr and "server.port" in done.stderr


@pytest.mark.parametrize(
    ("error", "code", "word"),
    [
        (SettingsError("Set it so."), 2, "Set it so."),
        (MissingWeights("Pull it."), 1, "Pull it."),
        (OSError(errno.EADDRINUSE, "Address already in use"), 1, "in use"),
        (FileNotFoundError(errno.ENOENT, "No such file", "a.wav"), 1, "a.wav isn't there"),
        (PermissionError(errno.EACCES, "Permission denied", "b.wav"), 1, "b.wav may not"),
        (IsADirectoryError(errno.EISDIR, "Is a directory", "c"), 1, "c: Is a directory"),
    ],
)
def test_an_error_that_a_user_can_mend_is_told(error, code, word, capsys):
    with pytest.raises(SystemExit) as ended, console.told():
        raise error
    out = capsys.readouterr()
    assert ended.value.code == code and word in out.err and out.out == ""


def test_an_engines_own_error_is_told(capsys):
    from agent.tts.protocol import TtsError

    with pytest.raises(SystemExit) as ended, console.told():
        raise TtsError("Install the voice.")
    assert ended.value.code == 1 and capsys.readouterr().err == "Install the voice.\n"


def test_a_mistake_of_ours_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError), console.told():
        raise ZeroDivisionError


def test_control_c_ends_with_130():
    with pytest.raises(SystemExit) as ended, console.told():
        raise KeyboardInterrupt
    assert ended.value.code == 130


def test_pipecats_banner_and_chatter_stay_out():
    code = (
        "from agent.cli.console import load_settings\nload_settings()\n"
        "import pipecat.frames.frames, pipecat\nfrom loguru import logger\nlogger.info('ours')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == ""
    assert [line for line in done.stderr.splitlines() if "ipecat" in line] == []
    assert "ours" in done.stderr


def test_check_names_each_problem_and_exits_1(tmp_path: Path):
    done = agent(
        *("check", "--set", f"models.dir={tmp_path}", "--set", "server.softphone_remote=true"),
        *("--set", "dialogue.default_business=nobody", "--set", "records.url=nonsense"),
    )
    assert done.returncode == 1, done.stderr
    for word in ("softphone_token", "agent models pull", "nobody", "records.url"):
        assert word in done.stderr
    assert "Traceback" not in done.stderr


def test_check_of_one_business_names_its_mistake(tmp_path: Path):
    done = agent("check", "--business", str(tmp_path / "none"))
    assert done.returncode == 2 and "Traceback" not in done.stderr and "none" in done.stderr
