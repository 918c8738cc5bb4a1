"""Coqui's voices in a process of their own: VITS clause by clause, XTTS streamed. Imports nothing of ours.

Its requirements (torch, transformers) stay out of the agent; `tts.python` may name another environment's
interpreter. Run as `python -P coqui_worker.py FOLDER --threads N`; FOLDER holds config.json and the
checkpoint (XTTS: vocab.json and speakers_xtts.pth too). The pipes speak as piper_worker.py says; here
`R` has `streamed`: whether each `C` is a part of the clause and not a sentence of it.
"""

import argparse
import json
import os
import queue
import struct
import sys
import textwrap
import threading
from pathlib import Path

HEADER = struct.Struct(">cII")
LENGTH = struct.Struct(">I")
LONGEST_REQUEST_BYTES = 1 << 20
WAITING = 8
SEED = 7
"""Of each clause: the same text is the same sound, so that a clause can be taken up again in its middle."""
LONGEST_PIECE = 200
"""Characters that XTTS gets at once; its own limits are a little higher."""


class Stopped(Exception):
    """The speech under way was stopped."""


class SpeakerUnknown(Exception):
    """The voice needs a speaker that isn't given, or doesn't know the one that is."""


class Stop:
    """Ends the speech under way from another thread: looked at before each layer of the model."""

    def __init__(self):
        self._lock = threading.Lock()
        self._current = 0
        self._stopped = False

    def begin(self, request_id):
        with self._lock:
            self._current, self._stopped = request_id, False

    def stop(self, request_id):
        with self._lock:
            if request_id == self._current:
                self._stopped = True

    def check(self, *_):
        if self._stopped:
            raise Stopped


class Voice:
    """A checkpoint of any of Coqui's models that makes sound by itself."""

    streamed = False

    def __init__(self, synthesizer, speaker, language):
        self.model = synthesizer.tts_model
        self.rate_hz = int(synthesizer.output_sample_rate)
        self._speaker = speaker or None
        self._language = language if self.model.language_manager.num_languages > 1 else None
        self._length_scale = getattr(self.model, "length_scale", None)
        speakers = getattr(self.model.speaker_manager, "name_to_id", None) or {}
        if len(speakers) > 1 and self._speaker is None:
            raise SpeakerUnknown
        if self._speaker is not None and self._speaker not in speakers:
            raise SpeakerUnknown

    def speak(self, text, speed):
        if self._length_scale is not None:
            self.model.length_scale = self._length_scale / speed
        made = self.model.synthesize(
            text, speaker=self._speaker, language=self._language, use_griffin_lim=True
        )
        yield made["wav"]


class Xtts:
    """XTTS: parts of a clause as they are made. `speaker` is a name that it knows, or a WAV to sound like."""

    streamed = True

    def __init__(self, synthesizer, speaker, language, stream_tokens):
        self.model = synthesizer.tts_model
        self.rate_hz = int(synthesizer.output_sample_rate)
        self._language = language
        self._stream_tokens = stream_tokens
        self._latents, self._embedding = self._voice_of(speaker)
        config = self.model.config
        names = ("temperature", "length_penalty", "repetition_penalty", "top_k", "top_p")
        self._settings = {name: config[name] for name in names}

    def _voice_of(self, speaker):
        known = getattr(self.model.speaker_manager, "speakers", None) or {}
        if speaker in known:
            return known[speaker].values()
        if not Path(speaker).is_file():
            raise SpeakerUnknown
        import soundfile
        import torch

        config = self.model.config
        samples, rate_hz = soundfile.read(speaker, dtype="float32", always_2d=True)
        audio = torch.from_numpy(samples.mean(axis=1))[None, : rate_hz * config.max_ref_len]
        latents = self.model.get_gpt_cond_latents(
            audio, rate_hz, length=config.gpt_cond_len, chunk_length=config.gpt_cond_chunk_len
        )
        return latents, self.model.get_speaker_embedding(audio, rate_hz)

    def speak(self, text, speed):
        for piece in textwrap.wrap(text, LONGEST_PIECE):
            yield from self.model.inference_stream(
                piece,
                self._language,
                self._latents,
                self._embedding,
                stream_chunk_size=self._stream_tokens,
                speed=speed,
                **self._settings,
            )


class Answers:
    """The pipe to the parent: whole frames only."""

    def __init__(self, stream):
        self._stream = stream

    def send(self, kind, request_id, payload=b""):
        self._stream.write(HEADER.pack(kind, request_id, len(payload)))
        self._stream.write(payload)
        self._stream.flush()


def load(arguments, stop):
    """The voice in `arguments.folder`; its layers look at `stop`."""
    import torch
    from TTS.utils.synthesizer import Synthesizer

    torch.set_num_threads(arguments.threads)
    graphics = torch.cuda.is_available()
    if arguments.device == "cuda" and not graphics:
        raise RuntimeError("no CUDA device")
    config = arguments.folder / "config.json"
    model = json.loads(config.read_text("utf-8")).get("model")
    synthesizer = Synthesizer(
        tts_checkpoint=arguments.folder if model == "xtts" else arguments.checkpoint,
        tts_config_path=config,
        use_cuda=graphics and arguments.device != "cpu",
    )
    synthesizer.eval()
    torch.nn.modules.module.register_module_forward_pre_hook(stop.check)
    if model == "xtts":
        return Xtts(synthesizer, arguments.speaker, arguments.language, arguments.stream_tokens)
    return Voice(synthesizer, arguments.speaker, arguments.language)


def spoken(voice, text, speed):
    """Parts of `text` as 16-bit PCM at the voice's rate."""
    import numpy as np
    import torch

    torch.manual_seed(SEED)
    with torch.inference_mode():
        for part in voice.speak(text, speed):
            samples = part.detach().cpu().numpy() if isinstance(part, torch.Tensor) else np.asarray(part)
            samples = np.nan_to_num(samples.reshape(-1).astype(np.float32)).clip(-1.0, 1.0)
            yield (samples * 32767).astype("<i2").tobytes()


def read_exactly(stream, size):
    data = stream.read(size)
    if len(data) != size:
        os._exit(0)  # the parent is gone; the main thread may be deep in a run
    return data


def read_requests(stream, requests, stop):
    """Reads until stdin ends, and then ends the process. A stop overtakes what waits."""
    while True:
        (size,) = LENGTH.unpack(read_exactly(stream, LENGTH.size))
        if size > LONGEST_REQUEST_BYTES:
            os._exit(1)
        request = json.loads(read_exactly(stream, size))
        if "stop" in request:
            stop.stop(request["stop"])
        else:
            requests.put(request)


def answer(voice, stop, request, answers):
    request_id = request["id"]
    stop.begin(request_id)
    try:
        for part in spoken(voice, request["text"], request["speed"]):
            stop.check()
            if part:
                answers.send(b"C", request_id, part)
        answers.send(b"E", request_id)
    except Stopped:
        answers.send(b"K", request_id)
    except Exception as error:
        answers.send(b"X", request_id, f"speech {type(error).__name__}".encode())
    finally:
        stop.begin(0)


def parsed():
    parser = argparse.ArgumentParser(description="Speaks for the agent with Coqui's voices, over pipes.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--checkpoint", type=Path, help="The weights, where the model isn't XTTS.")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", choices=("cpu", "cuda", "auto"), default="cpu")
    parser.add_argument("--speaker", default="")
    parser.add_argument("--language", default="en")
    parser.add_argument("--stream-tokens", type=int, default=20)
    return parser.parse_args()


def main():
    arguments = parsed()
    # Whatever a library prints goes to stderr: stdout is the protocol's.
    answers = Answers(os.fdopen(os.dup(1), "wb"))
    os.dup2(2, 1)
    stop = Stop()
    try:
        voice = load(arguments, stop)
        for _ in spoken(voice, "Ready.", 1.0):
            pass
    except ImportError as error:
        answers.send(b"X", 0, f"import {error.name or ''}".encode())
        return 3
    except SpeakerUnknown:
        answers.send(b"X", 0, b"speaker")
        return 5
    except Exception as error:
        answers.send(b"X", 0, f"voice {type(error).__name__}".encode())
        return 4
    requests: queue.Queue = queue.Queue(WAITING)
    threading.Thread(
        target=read_requests, args=(sys.stdin.buffer, requests, stop), daemon=True, name="requests"
    ).start()
    answers.send(b"R", 0, json.dumps({"rate_hz": voice.rate_hz, "streamed": voice.streamed}).encode())
    while True:
        answer(voice, stop, requests.get(), answers)


if __name__ == "__main__":
    sys.exit(main())
