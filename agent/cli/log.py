"""The log: text or one JSON object a line, on stderr, for our code and all libraries alike.

A caller's words never stand in it. Our own messages are written without them; of a library's message the
texts of exceptions and the contents of frames are taken out here, because they may quote the caller.
"""

import json
import logging
import re
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

from loguru import logger

if TYPE_CHECKING:
    from loguru import Message, Record

OURS = ("agent", "telephony", "finetune", "bench")
CONTENT = re.compile(r"\b(\w*Frame(?:#\d+)?)\s*[(\[].*", re.S)
"""A frame as pipecat prints it: its name, then what is in it."""
LONGEST_PLACE = 12
"""Lines of a traceback that are kept, the innermost."""


def set_up_log(level: str, style: Literal["text", "json"] = "text") -> None:
    """Logs to stderr from `level` on. Chatter of libraries below a warning stays out, at DEBUG below INFO:
    there some write out what they send and receive."""
    logger.remove()
    logger.configure(patcher=_patch)
    logger.add(
        _write_json if style == "json" else sys.stderr,
        level=level,
        format=_text_line,
        filter={"": level, "pipecat": "WARNING" if level == "INFO" else level},
        backtrace=False,
        diagnose=False,
    )
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if isinstance(handler, LibraryLog)]:
        root.removeHandler(handler)
    root.addHandler(LibraryLog())
    root.setLevel({"DEBUG": "INFO", "INFO": "WARNING"}.get(level, level))
    logging.captureWarnings(True)


class LibraryLog(logging.Handler):
    """Python's own logging through ours."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        text = discreet(record.getMessage(), error)

        def named(ours: "Record") -> None:
            ours["name"], ours["function"], ours["line"] = record.name, record.funcName, record.lineno

        known = {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}
        level = record.levelname if record.levelname in known else record.levelno
        logger.patch(named).opt(exception=error).log(level, "{}", text)


def discreet(text: str, error: BaseException | None) -> str:
    """A library's message without what a frame holds and without the texts of `error` and its causes."""
    for cause in _chain(error):
        said = str(cause)
        if said.strip():
            text = re.sub(rf"(?<!\w){re.escape(said)}(?!\w)", type(cause).__name__, text)
    return CONTENT.sub(r"\1(...)", text)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _patch(record: "Record") -> None:
    caught = record["exception"]
    error = caught.value if caught is not None else sys.exc_info()[1]
    if not str(record["name"]).startswith(OURS):
        record["message"] = discreet(record["message"], error)
    if caught is not None:
        place = _place(caught.value, caught.traceback)
        record["extra"]["error"] = place
        record["exception"] = None


def _place(error: BaseException | None, where: TracebackType | None) -> str:
    """An exception's kind and where it came from, without its text."""
    steps = traceback.extract_tb(where)[-LONGEST_PLACE:]
    trail = " < ".join(f"{step.filename}:{step.lineno} {step.name}" for step in reversed(steps))
    return f"{type(error).__name__} at {trail}" if trail else type(error).__name__


def _text_line(record: "Record") -> str:
    extra = record["extra"]
    line = "{time:HH:mm:ss.SSS} {level} {name}: {message}"
    if "call_id" in extra and str(extra["call_id"]) not in record["message"]:
        line += " (call {extra[call_id]})"
    if "error" in extra:
        line += " | {extra[error]}"
    return line + "\n"


def _write_json(message: "Message") -> None:
    record = message.record
    line: dict[str, Any] = {
        "time": record["time"].astimezone(UTC).isoformat(timespec="milliseconds"),
        "level": record["level"].name,
        "module": record["name"],
        "call_id": record["extra"].get("call_id"),
        "message": record["message"],
    }
    if "error" in record["extra"]:
        line["error"] = record["extra"]["error"]
    sys.stderr.write(json.dumps(line, ensure_ascii=False) + "\n")
    sys.stderr.flush()
