"""The log: one object a line where asked for, the same way for everybody, and no words of a caller."""

import json
import subprocess
import sys

import pytest

from agent.settings import ROOT

PROGRAM = """
import asyncio, logging, sys, warnings
from loguru import logger
from agent.cli.log import set_up_log
set_up_log(*sys.argv[1:])
with logger.contextualize(call_id="c0ffee"):
    logger.info("a call begins")
    logger.debug("three {braces}")
logging.getLogger("httpx").info("a request")
logging.getLogger("websockets.client").debug("< TEXT 'my secret is plum'")
logging.getLogger("somebody").warning("a warning of %s", "somebody")
warnings.warn("old ways")
try:
    try:
        {}["my secret is plum"]
    except KeyError as inner:
        raise ValueError("heard: my secret is plum") from inner
except ValueError as error:
    logger.exception("it broke")
    logging.getLogger("library").exception("library broke: %s", error)
    logger.patch(lambda r: None).error("ours says {}", type(error).__name__)

async def fails():
    raise RuntimeError("my secret is plum")

async def main():
    task = asyncio.create_task(fails())
    await asyncio.sleep(0.01)
    del task
    import gc; gc.collect()
asyncio.run(main())
"""


def logged(level: str, style: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, level, style], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
    return done.stderr.splitlines()


@pytest.mark.parametrize("style", ["text", "json"])
@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
def test_neither_a_library_nor_an_exception_brings_a_callers_words_into_the_log(level: str, style: str):
    lines = logged(level, style)
    assert not [line for line in lines if "plum" in line or "secret" in line]
    assert any("it broke" in line and "ValueError" in line for line in lines)
    assert any("library broke" in line for line in lines)
    told = "\n".join(lines)
    assert "Task exception was never retrieved" in told and "RuntimeError" in told


def test_each_line_is_an_object_with_the_same_keys():
    lines = [json.loads(line) for line in logged("DEBUG", "json")]
    for line in lines:
        assert {"time", "level", "module", "call_id", "message"} <= set(line) <= {
            "time", "level", "module", "call_id", "message", "error",
        }  # fmt: skip
        assert line["time"].endswith("+00:00")
    by_message = {line["message"]: line for line in lines}
    assert by_message["a call begins"]["call_id"] == "c0ffee"
    assert by_message["three {braces}"]["level"] == "DEBUG"
    assert by_message["a request"]["module"] == "httpx"
    assert by_message["a warning of somebody"]["level"] == "WARNING"
    assert by_message["a warning of somebody"]["call_id"] is None
    assert any("old ways" in message for message in by_message)
    assert by_message["it broke"]["error"].startswith("ValueError at ")


def test_at_info_the_chatter_of_libraries_stays_out():
    lines = [json.loads(line) for line in logged("INFO", "json")]
    assert "httpx" not in {line["module"] for line in lines}
    assert "somebody" in {line["module"] for line in lines}


def test_a_text_line_says_which_call_it_belongs_to():
    assert any("a call begins (call c0ffee)" in line for line in logged("INFO", "text"))


def test_what_a_library_says_of_a_frame_keeps_the_frames_name_alone():
    from agent.cli.log import discreet

    said = "Worker#1: error writing TranscriptionFrame#12(user: , text: [my secret], language: None): gone"
    assert discreet(said, None) == "Worker#1: error writing TranscriptionFrame#12(...)"
    assert discreet("x exception processing: '4' at 44", KeyError("4")) == (
        "x exception processing: KeyError at 44"
    )
