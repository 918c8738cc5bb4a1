"""The scripted model does what its script says, as the real ones would."""

from contextlib import aclosing

import pytest

from agent.llm.fake import FakeLlm
from agent.llm.protocol import LlmError, Message

HELLO = [Message("user", "Hello.")]


async def test_scripts_are_played_in_order_and_the_last_again_and_again() -> None:
    engine = FakeLlm([[(0, "One.")], [(0, "Two"), (0, ".")]])
    said = ["".join([piece async for piece in engine.stream(HELLO, max_tokens=9)]) for _ in range(3)]
    assert said == ["One.", "Two.", "Two."]
    assert engine.stopped_early == 0


async def test_a_stream_left_early_is_counted_and_its_request_kept() -> None:
    engine = FakeLlm([[(0, "One"), (60_000, " day.")]])
    async with aclosing(engine.stream(HELLO, max_tokens=9, grammar="root ::= .")) as stream:
        assert await anext(stream) == "One"
        assert engine.streaming == 1
    assert (engine.streaming, engine.stopped_early) == (0, 1)
    assert engine.requests[0].grammar == "root ::= ."


async def test_an_error_stands_where_the_script_puts_it() -> None:
    engine = FakeLlm([[(0, "One"), (0, LlmError("Broken; mend it."))]])
    got: list[str] = []
    with pytest.raises(LlmError, match="mend it"):
        async for piece in engine.stream(HELLO, max_tokens=9):
            got.append(piece)
    assert got == ["One"]
