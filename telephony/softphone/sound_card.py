"""The sound card, through PortAudio (`sounddevice`, the extra `audio`): its devices and their streams."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from agent.settings.errors import UserError

EXTRA = 'pip install -e ".[audio]"'
PACKAGE = "apt install libportaudio2"
INSTEAD = "or give a WAV (`agent call question.wav`) or a --script F.yaml"
BLOCK_MS = 20
LATENCY_S = 0.08
"""Asked of the device: with less, a busy machine is heard."""

Way = Literal["input", "output"]
Shorts = NDArray[np.int16]


class SoundCardError(UserError):
    """No microphone or no loudspeaker can be used; the text says what to do."""

    exit_code = 2


class SoundCardBroke(SoundCardError):
    """A device that is there can't be opened, or stopped in the middle."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Device:
    """One device. `rate_hz` is its own rate."""

    number: int
    name: str
    rate_hz: int
    inputs: int
    outputs: int


class SoundCard:
    """What PortAudio offers on this machine."""

    def __init__(self, portaudio: Any) -> None:
        """`portaudio` is the module `sounddevice`."""
        self._portaudio = portaudio

    @classmethod
    def open(cls) -> "SoundCard":
        """Loads PortAudio.

        Raises:
            SoundCardError: the extra or the library isn't installed.
        """
        try:
            import sounddevice
        except ModuleNotFoundError as error:
            raise SoundCardError(
                f"To speak into a microphone, install the extra `audio`: {EXTRA}; {INSTEAD}."
            ) from error
        except OSError as error:
            raise SoundCardError(
                f"To speak into a microphone, install PortAudio, on Debian: {PACKAGE}; {INSTEAD}."
            ) from error
        return cls(sounddevice)

    def devices(self) -> list[Device]:
        return [_device(found) for found in self._portaudio.query_devices()]

    def device(self, way: Way, name: str | None = None) -> Device:
        """The device of that name, number or part of a name; without one, the system's default.

        Raises:
            SoundCardError: there is none, or several have that name.
        """
        wanted: str | int | None = int(name) if name is not None and name.isdecimal() else name
        try:
            return _device(self._portaudio.query_devices(wanted, way))
        except self._portaudio.PortAudioError as error:
            if name is None:
                raise SoundCardError(_none(way)) from error
            raise SoundCardError(_unknown(way, name)) from error
        except ValueError as error:
            if name is not None and "Multiple" in str(error):
                raise SoundCardError(
                    f"Several devices are called {name!r}: name one whole, or by its number in "
                    "`agent call --devices`."
                ) from error
            raise SoundCardError(_unknown(way, name or "")) from error

    def listen(
        self, device: Device, take: Callable[[Shorts], None], ended: Callable[[], None]
    ) -> "SoundStream":
        """A stream of the device's sound, mono at its own rate, given to `take` on PortAudio's thread."""

        def block(found: Any, frames: int, time: Any, status: Any) -> None:
            take(found[:, 0].copy())

        return self._stream(self._portaudio.InputStream, device, 1, block, ended)

    def play(self, device: Device, give: Callable[[int], Shorts], ended: Callable[[], None]) -> "SoundStream":
        """A stream that plays what `give(samples)` returns, on one side or on two."""

        def block(wanted: Any, frames: int, time: Any, status: Any) -> None:
            wanted[:] = give(frames)[:, None]

        return self._stream(self._portaudio.OutputStream, device, min(2, device.outputs), block, ended)

    def _stream(
        self, kind: Any, device: Device, channels: int, block: Any, ended: Callable[[], None]
    ) -> "SoundStream":
        try:
            stream = kind(
                device=device.number,
                channels=channels,
                samplerate=device.rate_hz,
                dtype="int16",
                blocksize=device.rate_hz * BLOCK_MS // 1000,
                latency=LATENCY_S,
                callback=block,
                finished_callback=ended,
            )
        except (self._portaudio.PortAudioError, ValueError) as error:
            raise SoundCardBroke(_stuck(device)) from error
        return SoundStream(stream, device, self._portaudio.PortAudioError)


class SoundStream:
    """One open stream; use it as a context manager. Inside, it runs."""

    def __init__(self, stream: Any, device: Device, error: type[Exception]) -> None:
        self._stream = stream
        self._device = device
        self._error = error

    def __enter__(self) -> "SoundStream":
        try:
            self._stream.start()
        except self._error as error:
            self._stream.close(ignore_errors=True)
            raise SoundCardBroke(_stuck(self._device)) from error
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.abort(ignore_errors=True)
        self._stream.close(ignore_errors=True)


def table(devices: Sequence[Device]) -> list[str]:
    """A line for each device, as `--devices` prints it."""
    return [
        f"{device.number:>3}  {device.name}  ({device.inputs} in, {device.outputs} out, {device.rate_hz} Hz)"
        for device in devices
    ]


def _device(found: Any) -> Device:
    return Device(
        number=int(found["index"]),
        name=str(found["name"]),
        rate_hz=round(found["default_samplerate"]),
        inputs=int(found["max_input_channels"]),
        outputs=int(found["max_output_channels"]),
    )


def _none(way: Way) -> str:
    what = "no microphone" if way == "input" else "no loudspeaker or headset"
    return f"This machine has {what}: plug one in and look at `agent call --devices`, {INSTEAD}."


def _unknown(way: Way, name: str) -> str:
    return f"There is no device {name!r} for {way}: `agent call --devices` lists those that there are."


def _stuck(device: Device) -> str:
    return (
        f"{device.name} can't be opened: close the program that uses it, or choose another from "
        "`agent call --devices` with --input or --output."
    )
