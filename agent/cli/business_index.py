"""`agent business index`: index a business's documents before the first caller asks."""

from typing import Annotated

import typer

from agent.cli.console import Assignments, ConfigFiles, fail, load_settings, say


def index_documents(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The business: its name or folder.")] = "shop",
    config: ConfigFiles = None,
    set_: Assignments = None,
) -> None:
    """Index a business's documents, where they have changed."""
    from agent.dialogue.door import find_business, load_embedder
    from agent.dialogue.knowledge import FOLDER
    from agent.dialogue.knowledge_opening import open_knowledge
    from agent.dialogue.loader import load_business
    from agent.dialogue.phrasing import Phrasebook

    tree = load_settings(config, set_, quiet=True)
    folder = find_business(tree, name)
    business = load_business(folder)
    knowledge = open_knowledge(tree, folder, business, Phrasebook(business), load_embedder(tree))
    if knowledge is None:
        fail(f"'{name}' has no documents: write Markdown into {folder / FOLDER}.")
    try:
        made = knowledge.prepare(progress=True)
        say(f"{knowledge.passages} passages {'indexed' if made else 'as they were'}: {knowledge.place}")
    finally:
        knowledge.close()
