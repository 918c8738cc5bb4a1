"""The longest call and the server's end: a caller hears a sentence, and nothing hangs."""

import json
import signal
import time
from pathlib import Path

from program import CALLERS, agent, dial, start


def test_at_the_longest_call_and_at_the_end_of_the_drain_callers_hear_a_goodbye(tmp_path: Path):
    running = start(tmp_path, "call.longest_ms=14000", "server.drain_ms=1000")
    silence = str(CALLERS / "silence.yaml")
    longest = dial(running, "--script", silence).report()
    assert longest["ended_by"] == "timeout"
    last = longest["turns"][-1]
    assert last["heard_text"] and last["sentences"][-1]["verdict"] == "approved"
    caller = dial(running, "--script", silence)
    time.sleep(5)
    began = time.monotonic()
    running.process.send_signal(signal.SIGTERM)
    drained = caller.report()
    assert running.process.wait(30) == 0
    assert time.monotonic() - began < 25
    kept = agent("calls", "show", drained["call_id"], "--json", *running.settings)
    last = json.loads(kept.stdout)["turns"][-1]
    assert last["heard_text"] == last["text"] != "", "the last thing heard is a whole sentence"
