"""Reads a business's folder, and tells every mistake with its file, its line and what would be right."""

from collections.abc import Iterator
from pathlib import Path

from agent.dialogue.business import Business, BusinessError, Profile
from agent.dialogue.loader_files import Read, read
from agent.dialogue.loader_references import references
from agent.dialogue.schemas import FILES


def load_business(folder: Path) -> Business:
    """The business of `folder`. Raises `BusinessError` with the first mistake."""
    for error in mistakes(folder):
        raise error
    return _business(folder, {name: read(folder / name) for name in FILES})


def load_profile(folder: Path) -> Profile:
    """business.toml alone, in a few ms. Raises `BusinessError`."""
    found = read(folder / "business.toml")
    for error in found.mistakes:
        raise error
    profile: Profile = found.value
    return profile


def checked(folder: Path) -> tuple[list[BusinessError], Business | None]:
    """The mistakes of a folder, and the business of what is right of it; None where a file can't be read."""
    if not folder.is_dir():
        return list(mistakes(folder)), None
    files = {name: read(folder / name) for name in FILES}
    whole = all(found.value is not None for found in files.values())
    return list(mistakes(folder)), _business(folder, files) if whole else None


def mistakes(folder: Path) -> Iterator[BusinessError]:
    """Every mistake of a folder: those of each file's structure, then what refers to nothing.

    Entries that are wrong in themselves count as there, so that one mistake isn't told many times.
    """
    if not folder.is_dir():
        yield BusinessError(f"{folder} is no business: give a folder with {', '.join(FILES)}.")
        return
    files = {name: read(folder / name) for name in FILES}
    for found in files.values():
        yield from found.mistakes
    if all(found.value is not None for found in files.values()):
        broken = frozenset[str]().union(*(found.broken for found in files.values()))
        yield from references(folder, _business(folder, files), broken)


def _business(folder: Path, files: dict[str, Read]) -> Business:
    tools = files["tools.toml"].value
    return Business(
        id=folder.name,
        profile=files["business.toml"].value,
        phrases=files["phrases.toml"].value,
        slots=tools.slots,
        tools=tools.tools,
        intents=files["intents.toml"].value,
        identify=tools.identify,
        mcp=tools.mcp,
    )
