"""Two calls at once never share a word."""

from pathlib import Path

import yaml
from program import CALLERS, Server, dial, spoken


def script(folder: Path, name: str, plays: list[str], *, keys: str = "") -> str:
    path = folder / name
    steps = [{"play": str(CALLERS / wav)} for wav in plays] + ([{"dtmf": keys}] if keys else [])
    path.write_text(yaml.safe_dump({"steps": steps}))
    return str(path)


def test_two_calls_at_once_never_share_a_word(server: Server, tmp_path: Path):
    ordering = script(
        tmp_path, "a.yaml", ["where_is_my_order.wav", "one_two_three_four_five.wav"], keys="19901#"
    )
    asking = script(tmp_path, "b.yaml", ["opening_hours_man.wav", "return_a_jacket.wav"])
    callers = [dial(server, "--script", ordering), dial(server, "--script", asking)]
    first, second = (caller.report() for caller in callers)
    assert first["call_id"] != second["call_id"]
    assert [t["intent"] for t in spoken(first)] == ["order_status", "order_status", "order_status"]
    assert [t["intent"] for t in spoken(second)] == ["opening_hours", "return_policy"]
    words = " ".join(t["transcript"] + t["text"] for t in spoken(second)).lower()
    assert "order number" not in words and "12345" not in words
    words = " ".join(t["transcript"] + t["text"] for t in spoken(first)).lower()
    assert "return" not in words and "hours" not in words
