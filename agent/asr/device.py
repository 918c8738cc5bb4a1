"""Where the recogniser computes, and in what numbers: what this machine can do of what is asked."""

from agent.settings import UserError
from agent.settings.tree import Asr


class DeviceError(UserError):
    """This machine can't compute as the settings ask; the text says what to set."""

    exit_code = 2


def check(settings: Asr) -> str:
    """The device, `cpu` or `cuda`. Raises `DeviceError`."""
    import ctranslate2

    graphics = ctranslate2.get_cuda_device_count() > 0
    if settings.device == "cuda" and not graphics:
        raise DeviceError("asr.device is cuda, but no CUDA device is here: set asr.device to cpu or auto.")
    device = "cuda" if graphics and settings.device != "cpu" else "cpu"
    can = ctranslate2.get_supported_compute_types(device)
    if settings.compute_type != "auto" and settings.compute_type not in can:
        raise DeviceError(
            f"asr.compute_type is {settings.compute_type}, which {device} can't do here: "
            f"set auto or one of {', '.join(sorted(can))}."
        )
    return device
