"""The voice's own process: the only file that imports Piper, and nothing of ours.

Piper is GPL, so it runs as a program of its own and talks over pipes. Run as
`python -P piper_worker.py VOICE.onnx --threads N`; VOICE.onnx.json lies beside it.

Requests on stdin: 4 bytes of length (big-endian), then JSON: `{"id", "text", "speed"}` speaks,
`{"stop": id}` ends that speech at once. Answers on stdout: `KIND ID LENGTH` (1 + 4 + 4 bytes), then LENGTH
bytes. Kinds: `R` ready (JSON with `rate_hz`), `C` one sentence as 16-bit PCM at that rate, `E` end,
`K` stopped, `X` failed (a word and the exception's class; never the text). The end of stdin ends the process.
"""

import argparse
import json
import os
import queue
import struct
import sys
import threading
from pathlib import Path

HEADER = struct.Struct(">cII")
LENGTH = struct.Struct(">I")
LONGEST_REQUEST_BYTES = 1 << 20
WAITING = 8


class Stopped(Exception):
    """The speech under way was stopped."""


class Stoppable:
    """An onnxruntime session whose run can be ended from another thread.

    `RunOptions.terminate` is looked at between the graph's nodes: it takes about 1 ms.
    """

    def __init__(self, session, run_options):
        self._session = session
        self._run_options = run_options
        self._lock = threading.Lock()
        self._current = 0
        self._stopped = False
        self._options = None

    def begin(self, request_id):
        with self._lock:
            self._current, self._stopped, self._options = request_id, False, None

    def stop(self, request_id):
        with self._lock:
            if request_id == self._current:
                self._stopped = True
                if self._options is not None:
                    self._options.terminate = True

    def run(self, names, inputs):
        with self._lock:
            if self._stopped:
                raise Stopped
            options = self._options = self._run_options()
        options.log_severity_level = 4
        try:
            return self._session.run(names, inputs, options)
        except Exception as error:
            if self._stopped:
                raise Stopped from error
            raise


class Answers:
    """The pipe to the parent: whole frames only."""

    def __init__(self, stream):
        self._stream = stream

    def send(self, kind, request_id, payload=b""):
        self._stream.write(HEADER.pack(kind, request_id, len(payload)))
        self._stream.write(payload)
        self._stream.flush()


def load(path, threads):
    """The voice and its stoppable session, on `threads` threads that don't spin."""
    import onnxruntime
    from piper.voice import PiperConfig, PiperVoice

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4
    config = json.loads(Path(f"{path}.json").read_text("utf-8"))
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    stoppable = Stoppable(session, onnxruntime.RunOptions)
    return PiperVoice(session=stoppable, config=PiperConfig.from_dict(config)), stoppable


def read_exactly(stream, size):
    data = stream.read(size)
    if len(data) != size:
        os._exit(0)  # the parent is gone; the main thread may be deep in a run
    return data


def read_requests(stream, requests, stoppable):
    """Reads until stdin ends, and then ends the process. A stop overtakes what waits."""
    while True:
        (size,) = LENGTH.unpack(read_exactly(stream, LENGTH.size))
        if size > LONGEST_REQUEST_BYTES:
            os._exit(1)
        request = json.loads(read_exactly(stream, size))
        if "stop" in request:
            stoppable.stop(request["stop"])
        else:
            requests.put(request)


def speak(voice, stoppable, request, answers):
    from piper.config import SynthesisConfig

    request_id = request["id"]
    stoppable.begin(request_id)
    # Not normalised: each sentence would come out at another loudness.
    synthesis = SynthesisConfig(
        length_scale=voice.config.length_scale / request["speed"], normalize_audio=False
    )
    try:
        for chunk in voice.synthesize(request["text"], synthesis):
            answers.send(b"C", request_id, chunk.audio_int16_bytes)
        answers.send(b"E", request_id)
    except Stopped:
        answers.send(b"K", request_id)
    except Exception as error:
        answers.send(b"X", request_id, f"speech {type(error).__name__}".encode())
    finally:
        stoppable.begin(0)


def main():
    parser = argparse.ArgumentParser(description="Speaks for the agent, over pipes.")
    parser.add_argument("voice", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    # Whatever a library prints goes to stderr: stdout is the protocol's.
    answers = Answers(os.fdopen(os.dup(1), "wb"))
    os.dup2(2, 1)
    try:
        voice, stoppable = load(arguments.voice, arguments.threads)
        for _ in voice.synthesize("Ready."):
            pass
    except ImportError as error:
        answers.send(b"X", 0, f"import {error.name or ''}".encode())
        return 3
    except Exception as error:
        answers.send(b"X", 0, f"voice {type(error).__name__}".encode())
        return 4
    requests: queue.Queue = queue.Queue(WAITING)
    threading.Thread(
        target=read_requests, args=(sys.stdin.buffer, requests, stoppable), daemon=True, name="requests"
    ).start()
    answers.send(b"R", 0, json.dumps({"rate_hz": voice.config.sample_rate}).encode())
    while True:
        speak(voice, stoppable, requests.get(), answers)


if __name__ == "__main__":
    sys.exit(main())
