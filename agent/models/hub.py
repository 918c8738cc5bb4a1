"""The source "hub": a file of a repository at a pinned revision, by huggingface_hub."""

import shutil
from pathlib import Path

from agent.models.download import part_of, settle
from agent.models.errors import PullError
from agent.models.manifest import WeightFile
from agent.models.verify import sha256_of
from agent.settings.tree import Models


def make(file: WeightFile, target: Path, settings: Models, folder: Path) -> None:
    """`file` from the hub into `target`, checked. Downloads grow in `folder` and are resumed there.

    Only bytes are fetched; nothing of a repository is ever run. Raises `PullError`.
    """
    if file.hub is None:
        raise PullError("the manifest names no hub file of the same bytes")
    from huggingface_hub import hf_hub_download
    from huggingface_hub.utils import disable_progress_bars

    disable_progress_bars()
    token = settings.hf_token.get_secret_value() if settings.hf_token else False
    cache = folder / "hub" / file.sha256[:16]
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        got = hf_hub_download(
            file.hub.repository,
            file.hub.path,
            revision=file.hub.revision,
            token=token,
            endpoint=settings.hub_endpoint,
            local_dir=cache,
        )
    except Exception as error:  # the hub's client raises many kinds, those of its HTTP library too
        raise PullError(f"{file.hub.repository}: {_reason(error)}") from None
    wrong = sha256_of(Path(got)) != file.sha256
    if not wrong:
        part = part_of(target)
        shutil.move(got, part)
        settle(part, target)
    shutil.rmtree(cache, ignore_errors=True)
    if wrong:
        raise PullError(f"{file.hub.repository} gives {file.hub.path} with another sha256: refused")


def _reason(error: Exception) -> str:
    """Why the hub gave nothing: one line, with what to do about a gated repository."""
    name = type(error).__name__
    if name in ("GatedRepoError", "RepositoryNotFoundError"):
        return "the repository is gated or isn't there: set HF_TOKEN to a token that may read it"
    if name in ("LocalEntryNotFoundError", "ConnectError", "ConnectTimeout", "OfflineModeIsEnabled"):
        return "the hub can't be reached"
    return f"the hub's client failed ({name})"
