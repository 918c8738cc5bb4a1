"""A new business: a copy of `config/skeleton`, which answers its first callers, with its own name."""

import os
import re
from pathlib import Path

from agent.dialogue.business import BusinessError
from agent.settings import ROOT

SKELETON = Path("config/skeleton")
SCHEMAS = Path("config/schema")
TITLE = "Example Business"
"""The name in the skeleton that the new one takes the place of."""
NAME = re.compile(r"[a-z][a-z0-9_-]{0,40}")
DATABASE = re.compile(r"(?m)^database = .*$")
SCHEMA = re.compile(r"(?m)^#:schema .*/([a-z]+\.schema\.json)$")


def new_business(folder: Path, title: str | None = None) -> list[Path]:
    """Writes a new business into `folder`, which may not be there yet; the files, in the order to read them.

    Its database is `data/NAME.db`, or a file beside the texts where the folder stands elsewhere than in the
    installation. Raises `BusinessError`.
    """
    name = folder.name
    if not NAME.fullmatch(name):
        raise BusinessError(
            f"'{name}' can't be the name of a business: write it in small letters, such as 'corner_bakery'."
        )
    if folder.exists():
        raise BusinessError(f"{folder} is already there and stays as it is: choose another name.")
    address = f"sqlite:///data/{name}.db" if folder.is_relative_to(ROOT) else f"sqlite:///{folder}/{name}.db"
    own = title or name.replace("_", " ").replace("-", " ").title()
    schemas = os.path.relpath(ROOT / SCHEMAS, folder)
    written = []
    for source in sorted((ROOT / SKELETON).rglob("*"), key=_order):
        if not source.is_file():
            continue
        text = source.read_text("utf-8").replace(TITLE, own.replace('"', "'"))
        if source.name == "business.toml":
            text = DATABASE.sub(lambda _: f'database = "{address}"', text)
        text = SCHEMA.sub(lambda found: f"#:schema {schemas}/{found[1]}", text)
        target = folder / source.relative_to(ROOT / SKELETON)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
        written.append(target)
    return written


def _order(path: Path) -> tuple[int, str]:
    names = ("business.toml", "phrases.toml", "tools.toml", "intents.toml", "seed.sql")
    return (names.index(path.name) if path.name in names else len(names), str(path))
