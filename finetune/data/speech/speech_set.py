"""A prepared set of recordings: its lists, each for one use, and its card."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Any

from agent.models.verify import sha256_of
from finetune.data.errors import DataError
from finetune.data.jsonl import write_lines
from finetune.data.rows import write_rows
from finetune.data.speech.dialogue_rows import Call, Made, dialogue_rows
from finetune.data.speech.preparation import Prepared
from finetune.data.speech.segment import Segment, document
from finetune.data.speech.segment_files import RECORDS
from finetune.data.speech.turn_pauses import turn_pauses

CARD = "card.json"
SEGMENTS = "segments.jsonl"
ROWS = "rows.jsonl"
RECOGNISER = "recogniser.jsonl"
TURNS = "turns.jsonl"
KIND = "speech"


def check_free(out: Path) -> None:
    """Raises `DataError` where `out` holds something else than a set of recordings, done or half done."""
    if not out.exists():
        return
    if not out.is_dir() or (any(out.iterdir()) and not (out / RECORDS).is_dir()):
        raise DataError(f"{out} is there and holds other things: choose another --out, or empty it.")


def write_set(out: Path, prepared: Prepared, call: Call, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Writes the lists, then the card, which is returned. `asked` says how they were made."""
    made = [dialogue_rows(own, call) for own in _calls(prepared.segments)]
    write_lines(out / SEGMENTS, map(document, prepared.segments))
    write_rows(out / ROWS, (row for one in made for row in one.rows))
    write_lines(out / RECOGNISER, _heard(prepared.segments, call.least_confidence))
    pauses = [asdict(pause) for own in _recordings(prepared.segments) for pause in turn_pauses(own)]
    write_lines(out / TURNS, pauses)
    card = _card(prepared, made, asked) | {
        "pauses": {
            "go_on": sum(not pause["ends_turn"] for pause in pauses),
            "end_turn": sum(pause["ends_turn"] for pause in pauses),
        },
        "files": {name: {"sha256": sha256_of(out / name)} for name in (SEGMENTS, ROWS, RECOGNISER, TURNS)},
    }
    _write(out / CARD, json.dumps(card, indent=1, ensure_ascii=False) + "\n")
    _write(out / "card.md", as_markdown(card))
    return card


def _recordings(segments: Sequence[Segment]) -> list[list[Segment]]:
    """Each recording's segments."""
    return [list(own) for _, own in groupby(segments, key=lambda segment: segment.source)]


def _calls(segments: Sequence[Segment]) -> list[list[Segment]]:
    """Each recording's own segments, without augmented copies."""
    return [kept for own in _recordings(segments) if (kept := [part for part in own if not part.augmented])]


def _heard(segments: Sequence[Segment], least_confidence: float) -> list[dict[str, Any]]:
    """What a recogniser may learn from: sounds whose words are known well enough."""
    return [
        {
            "wav": segment.wav,
            "text": segment.text,
            "confidence": segment.confidence,
            "duration_ms": segment.duration_ms,
            "rate_hz": segment.rate_hz,
            "augmented": segment.augmented,
        }
        for segment in segments
        if segment.text and segment.confidence >= least_confidence
    ]


def _card(prepared: Prepared, made: Sequence[Made], asked: Mapping[str, Any]) -> dict[str, Any]:
    own = [segment for segment in prepared.segments if not segment.augmented]
    seconds: Counter[str] = Counter()
    for segment in own:
        seconds[segment.speaker] += segment.end_ms - segment.start_ms
    confidences = [segment.confidence for segment in own if segment.text]
    return {
        "schema": 1,
        "kind": KIND,
        **asked,
        "recordings": {
            "prepared": len(prepared.recordings),
            "of_an_earlier_run": prepared.reused,
            "skipped": len(prepared.skipped),
        },
        "skipped": prepared.skipped,
        "segments": len(own),
        "augmented": len(prepared.segments) - len(own),
        "without_words": len(own) - len(confidences),
        "speech_s": {speaker: round(length / 1000, 1) for speaker, length in seconds.most_common()},
        "mean_confidence": round(sum(confidences) / len(confidences), 3) if confidences else None,
        "rows": sum(len(one.rows) for one in made),
        "replies_left_out": {
            "heard_badly": sum(one.unsure for one in made),
            "state_a_fact": sum(one.stating for one in made),
        },
        "sources": [{"source": one.name, "sha256": one.sha256} for one in prepared.recordings],
    }


def as_markdown(card: Mapping[str, Any]) -> str:
    """card.md: the same, to read."""
    speech = ", ".join(f"{speaker} {seconds:g} s" for speaker, seconds in card["speech_s"].items())
    lines = [
        "# Data card: recordings",
        f"Made {card['made']} by `{card['command']}`, seed {card['seed']}, at {card['rate_hz']} Hz. "
        f"Licence of the recordings: {card['licence']}. They are people's voices and words: keep the folder "
        "as you keep the recordings.",
        f"- {card['recordings']['prepared']} recordings, {card['recordings']['skipped']} skipped",
        f"- {card['segments']} segments ({speech or 'no speech'}), {card['augmented']} augmented copies, "
        f"{card['without_words']} without words",
        f"- transcripts by {card['recogniser']}, mean confidence {card['mean_confidence']}; nobody read them",
        f"- {card['rows']} dialogue rows; replies left out: {card['replies_left_out']['heard_badly']} heard "
        f"badly, {card['replies_left_out']['state_a_fact']} that state a fact",
        f"- pauses: {card['pauses']['go_on']} in a turn, {card['pauses']['end_turn']} at its end",
        "",
        *(f"- skipped {name}: {why}" for name, why in card["skipped"].items()),
    ]
    return "\n".join([lines[0], "", lines[1], "", *lines[2:]]).rstrip() + "\n"


def _write(path: Path, text: str) -> None:
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text(text, "utf-8")
    partial.replace(path)
