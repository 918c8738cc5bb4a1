"""What is kept of a call that ends in the middle."""

import json
import signal
import time
import wave
from collections.abc import Callable
from pathlib import Path

from program import CALLERS, Server, agent, dial, start


def test_a_caller_who_hangs_up_in_the_middle_leaves_a_whole_record(
    server: Server, report: Callable[[str], dict]
):
    call = report("hang_up")
    assert call["ended_by"] == "caller"
    shown = json.loads(agent("calls", "show", call["call_id"], "--json", *server.settings).stdout)
    assert shown["ended_by"] == "caller"
    last = shown["turns"][-1]
    assert last["interrupted"] and last["heard_text"] != last["text"]
    assert any(sentence["heard"] != "all" for sentence in last["sentences"])


def test_a_call_is_recorded_on_both_sides_and_deleted_with_its_recording(
    server: Server, report: Callable[[str], dict]
):
    call = report("keys")
    path = server.folder / "recordings" / f"{call['call_id']}.wav"
    with wave.open(str(path)) as recording:
        assert (recording.getnchannels(), recording.getframerate()) == (2, 8000)
        assert recording.getnframes() / 8000 > 4
    assert agent("calls", "delete", call["call_id"], *server.settings).returncode == 0
    assert not path.exists()


def test_a_plug_pulled_in_the_middle_loses_no_turn_that_was_heard(tmp_path: Path):
    running = start(tmp_path)
    caller = dial(running, "--script", str(CALLERS / "six_turns.yaml"))
    rows: list[dict] = []
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        listed = json.loads(agent("calls", "list", "--json", *running.settings).stdout)
        if listed:
            shown = agent("calls", "show", listed[0]["call_id"], "--json", *running.settings)
            rows = json.loads(shown.stdout)["turns"]
            if len(rows) >= 3:
                break
        time.sleep(0.5)
    running.process.send_signal(signal.SIGKILL)
    running.process.wait()
    caller.process.communicate()
    kept = json.loads(agent("calls", "show", listed[0]["call_id"], "--json", *running.settings).stdout)
    assert [t["transcript"] for t in kept["turns"]][: len(rows)] == [t["transcript"] for t in rows]
    assert all(turn["sentences"] for turn in kept["turns"][:2])
