"""Rows of the Schema-Guided Dialogue set, CC BY-SA 4.0.

github.com/google-research-datasets/dstc8-schema-guided-dialogue; Rastogi et al., 2020, arXiv:1909.05855.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

from agent.dialogue.prompts import asked
from agent.dialogue.state import Exchange
from agent.llm.protocol import Message
from finetune.data.errors import DataError
from finetune.data.progress import Progress, quietly
from finetune.data.rows import Row
from finetune.data.schema_guided_turn import Turn, slots_of, spoken_turns, turn_of

SOURCE = "schema-guided"
LICENCE = "CC BY-SA 4.0"
HELD_OUT = ("Alarm", "Messaging", "Payment", "Trains")
"""Kinds of services that stand in the set's own test part alone: nothing like them is trained on."""
TRAIN_ROWS, TEST_ROWS = 2_500, 500
SHARES: Mapping[str, float] = {"inform": 0.66, "confirm": 0.10, "decline": 0.08, "other": 0.16}
"""Of the acts of a reply: the live agent has only facts worded by the model, so these are most."""
EXCHANGES = (0, 0, 0, 1, 1, 2)
"""How many turns before stand in a prompt, drawn evenly: every turn costs time in training."""


def read_schema_guided(folder: Path, seed: int, progress: Progress = quietly) -> list[Row]:
    """About 3,000 rows of the set's folder with `train` and `test`: `HELD_OUT` from `test` alone.

    A row's business is its service, its scenario the dialogue. Raises `DataError`.
    """
    draw = Random(seed)
    trained = _part(folder / "train", draw, progress)
    tested = _part(folder / "test", draw, progress)
    return [
        *_drawn((row for row in trained if not _held_out(row)), TRAIN_ROWS, draw),
        *_drawn((row for row in tested if _held_out(row)), TEST_ROWS, draw),
    ]


def held_out_services(rows: Iterable[Row]) -> set[str]:
    """The services among `rows` that are tested on."""
    return {row.business for row in rows if row.source == SOURCE and _held_out(row)}


def _held_out(row: Row) -> bool:
    return row.business.split("_")[0] in HELD_OUT


def _part(folder: Path, draw: Random, progress: Progress) -> list[Row]:
    """Every usable row of a folder of dialogues_*.json."""
    services = {service["service_name"]: service for service in _json(folder / "schema.json")}
    paths = sorted(folder.glob("dialogues_*.json"))
    if not paths:
        raise DataError(
            f"{folder} has no dialogues_*.json: give the folder of the Schema-Guided Dialogue set."
        )
    slots = {name: slots_of(service) for name, service in services.items()}
    rows: list[Row] = []
    for path in progress(paths, f"schema-guided {folder.name}"):
        for dialogue in _json(path):
            rows += _rows(folder.name, dialogue, services, slots, draw)
    return rows


def _rows(
    part: str,
    dialogue: Mapping[str, Any],
    services: Mapping[str, Mapping[str, Any]],
    slots: Mapping[str, Mapping[str, bool]],
    draw: Random,
) -> Iterator[Row]:
    scenario = f"{SOURCE}/{part}/{dialogue['dialogue_id']}"
    history: list[Exchange] = []
    for number, caller, frame, words in spoken_turns(dialogue):
        service = frame["service"]
        turn = turn_of(words, frame, slots[service])
        if turn is not None:
            before = draw.choice(EXCHANGES)
            earlier = history[len(history) - before :] if before else []
            yield _row(f"{scenario}:{number}", services[service], turn, caller, earlier)
        history.append(Exchange(caller, words.strip()))


def _row(row_id: str, service: Mapping[str, Any], turn: Turn, caller: str, history: list[Exchange]) -> Row:
    messages = asked(_persona(service), turn.acts, caller, history)
    return Row(
        id=row_id,
        messages=(*messages, Message("assistant", turn.reply)),
        source=SOURCE,
        business=service["service_name"],
        scenario=row_id.rsplit(":", 1)[0],
        category=turn.category,
        facts=turn.facts,
        needed=tuple(turn.needed),
        declines=turn.declines,
    )


def _persona(service: Mapping[str, Any]) -> str:
    task = service["description"].strip().rstrip(".")
    task = task[:1].lower() + task[1:]
    return f"You answer the telephone of a service: {task}. You are short, friendly and exact."


def _drawn(rows: Iterable[Row], count: int, draw: Random) -> list[Row]:
    """About `count` rows in `SHARES` of their categories, the services taking turns, no reply to the same
    acts twice."""
    groups: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    known: set[tuple[str, str]] = set()
    for row in rows:
        same = (row.messages[-2].content.rpartition("Say: ")[2], row.reply.lower())
        if same not in known:
            known.add(same)
            groups[row.category][row.business].append(row)
    chosen: list[Row] = []
    for category, share in SHARES.items():
        piles = [groups[category][service] for service in sorted(groups[category])]
        for pile in piles:
            draw.shuffle(pile)
        wanted = round(count * share)
        while wanted > 0 and any(piles):
            for pile in piles:
                if pile and wanted > 0:
                    chosen.append(pile.pop())
                    wanted -= 1
    draw.shuffle(chosen)
    return chosen


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise DataError(f"{path} isn't there: give the folder of the Schema-Guided Dialogue set.") from None
    except (OSError, ValueError) as error:
        raise DataError(f"{path} can't be read as JSON ({error}): fetch the set again.") from None
