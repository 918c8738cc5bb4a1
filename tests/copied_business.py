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


def replace_tools(folder: Path, text: str) -> None:
    """Writes the `[tools.*]` tables of `text` in place of the business's own of the same names."""
    file = folder / "tools.toml"
    kept = file.read_text("utf-8")
    for tool in re.findall(r"(?m)^\[tools\.(\w+)\]$", text):
        kept, count = re.subn(rf"(?ms)^\[tools\.{tool}\]\n.*?(?=^\[tools\.(?!{tool}\b)|^# -)", "", kept)
        assert count == 1
    file.write_text(kept + text, "utf-8")
