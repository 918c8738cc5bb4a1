"""A real call as the page follows it: captions while the caller speaks, each turn as the record has it."""

import json
from typing import Any

from program import CALLERS, Server

from telephony.softphone.client import PhoneCall
from telephony.softphone.record import RecordReader
from telephony.softphone.script import script_of


class Following(PhoneCall):
    """A caller who keeps what he is told beside the sound."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.told: list[dict[str, Any]] = []

    def _take(self, message: str | bytes, now_ms: float) -> None:
        event = json.loads(message)
        if event["event"] in ("caption", "turn"):
            self.told.append(event)
        super()._take(message, now_ms)


def said(caption: dict[str, Any]) -> str:
    return " ".join(word["text"] for word in caption["words"])


async def test_captions_come_while_the_caller_speaks_and_turns_as_the_record_has_them(server: Server):
    call = Following(script_of([CALLERS / "blue_kettle.wav"]), url=server.url, parameters={"captions": "on"})
    measured = await call.run()
    turns: dict[int, dict[str, Any]] = {}
    for event in call.told:
        if event["event"] == "turn":
            turns[event["turn"]["n"]] = event["turn"]
    asked = turns[1]
    start_ms = asked["caller"][0]["start_ms"]
    captions = [event for event in call.told if event.get("start_ms") == start_ms]
    partial, final = captions[0], captions[-1]
    assert not partial["final"] and 0 < len(partial["words"]) <= len(final["words"])
    assert final["final"] and all(word["stable"] for word in final["words"])
    assert said(final) == asked["transcript"] and "kettle" in said(final).lower()
    stages = {"end_of_turn", "asr", "smart_turn", "dialogue", "intent", "first_sound", "transport"}
    assert stages <= set(asked["stages_ms"])
    async with RecordReader(call.url, measured.call_id or "", measured.token or "") as reader:
        record = await reader.settled()
    assert record is not None
    assert [turns[n] for n in sorted(turns)] == record["turns"], "what was told last is what is kept"
