"""A business in a folder of its own, over a database of its own."""

import re
import shutil
from pathlib import Path


def copy_business(source: Path, folder: Path, database: Path) -> Path:
    """Copies the business `source` to `folder`, whose business.toml then names the SQLite file `database`."""
    shutil.copytree(source, folder)
    text = (folder / "business.toml").read_text("utf-8")
    text, count = re.subn(r"(?m)^database = .*$", f'database = "sqlite:///{database}"', text)
    assert count == 1
    (folder / "business.toml").write_text(text, "utf-8")
    return folder
