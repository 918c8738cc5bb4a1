"""The figures of an evaluation: intervals, likeness, groups, candidates."""

import numpy as np
import pytest

from agent.settings import load
from agent.tts import RATE_HZ, open_engine
from finetune.evaluate.candidates import Candidate, choose_shots
from finetune.evaluate.evaluation import REFERENCE, Plan, compared, evaluate
from finetune.evaluate.faithfulness import caller
from finetune.evaluate.groups import length_group, variants
from finetune.evaluate.intervals import Resampler
from finetune.evaluate.outcomes import differences, figures, outcomes, parted
from finetune.evaluate.overlap import bleu, bleu_counts, rouge_l
from finetune.evaluate.speech_length import seconds
from finetune.evaluate.surprise import Surprise
from finetune.evaluate.writers import Reply
from tests.finetune.eval_rows import row

RIGHT = "Order {order_number} shipped on {ship_date}."
LACKING = "It shipped on {ship_date}."


def test_the_interval_of_a_mean_is_that_of_the_normal_distribution_where_rows_are_independent() -> None:
    values = [float(number % 2) for number in range(400)]
    found = Resampler([str(number) for number in range(400)], 1).mean(values).estimate
    assert found is not None
    assert found.value == 0.5
    assert found.low == pytest.approx(0.5 - 1.96 * 0.025, abs=0.006)
    assert found.high == pytest.approx(0.5 + 1.96 * 0.025, abs=0.006)


def test_rows_of_one_scenario_are_drawn_together() -> None:
    values = [float(number >= 200) for number in range(400)]
    alone = Resampler([str(number) for number in range(400)], 1).mean(values).estimate
    together = Resampler([str(number // 100) for number in range(400)], 1).mean(values).estimate
    assert alone is not None and together is not None
    assert together.high - together.low > 5 * (alone.high - alone.low)


def test_what_no_row_has_gets_no_figure() -> None:
    draws = Resampler(["a", "b"], 1)
    assert draws.mean([None, None]).estimate is None
    assert Resampler([], 1).score(np.zeros((0, 10)), bleu).estimate is None


def test_a_quantile_is_numpy_s() -> None:
    values = list(range(101))
    found = Resampler([str(value) for value in values], 1).quantile(values, 0.95).estimate
    assert found is not None
    assert found.value == 95
    assert 88 <= found.low < 95 < found.high <= 100


def test_bleu_of_summed_counts_is_sacrebleu_s_of_the_corpus() -> None:
    from sacrebleu.metrics.bleu import BLEU

    replies = ["Your order shipped on November 27.", "We are open from nine to five.", "No."]
    references = ["Your order was shipped on November 27.", "We are open from ten to five.", "No, it isn't."]
    summed = bleu(bleu_counts(replies, references).sum(axis=0))
    assert summed == pytest.approx(BLEU().corpus_score(replies, [references]).score)
    assert rouge_l(replies, references)[0] == pytest.approx(2 * 6 / 13)


def test_a_difference_of_equals_is_nothing_and_pairs_are_kept() -> None:
    rows = [row(number) for number in range(20)]
    good = outcomes(rows, [Reply(RIGHT) for _ in rows], "names")
    half = outcomes(rows, [Reply(RIGHT if number % 4 else LACKING) for number in range(20)], "names")
    assert differences(good, good, 1)["missing"] == {"value": 0, "low": 0, "high": 0, "count": 20}
    less = differences(good, half, 1)["missing"]
    assert less["value"] == -0.25
    assert less["high"] <= 0
    assert differences(good, half, 1)["bleu"]["value"] > 0


def test_perplexity_and_times_are_figures_where_they_are_known() -> None:
    rows = [row(number) for number in range(4)]
    surprises = [Surprise(nats=np.log(3) * 5, tokens=5) for _ in rows]
    replies = [Reply(RIGHT, took_ms=100.0 + number, first_ms=40.0, tokens=9) for number in range(4)]
    found = figures(outcomes(rows, replies, "names", surprises), 1)
    assert found["perplexity"].value == pytest.approx(3)
    assert found["first_ms"].value == 40
    assert found["tokens"].value == 9
    assert "p50_ms" not in figures(outcomes(rows, [Reply(RIGHT)] * 4, "names"), 1)


def test_small_parts_get_no_figures() -> None:
    rows = [row(number, category="order" if number < 6 else "bill") for number in range(9)]
    found = outcomes(rows, [Reply(RIGHT)] * 9, "names")
    parts = parted(found, lambda one: one.category, 1)
    assert list(parts) == ["order"]
    assert parts["order"]["rows"] == 6


def test_other_callers_ask_the_same_thing_in_other_words_each_time_alike() -> None:
    asked = row(said="Hi, could you please tell me where the order is that I paid for?")
    found = {name: caller(variant) for name, variant in variants(asked).items()}
    assert found["as it is"] == caller(asked)
    assert found["curt"] == "where the order is that I paid for?"
    assert found["polite"].endswith(("please", "please.", "Thank you very much.", "kind."))
    assert found["learner's English"] == "Hi, you can please tell me where order are that I paid for?"
    assert found["misheard"] != found["misheard"].upper()
    assert "older" in found["misheard"] or "wear" in found["misheard"] or "four" in found["misheard"]
    assert len(set(found.values())) == 5
    assert variants(asked) == variants(asked)
    for variant in variants(asked).values():
        assert variant.reply == asked.reply
        assert variant.prompt[-1].content.split("\n")[1] == asked.prompt[-1].content.split("\n")[1]
    assert variants(row(said="")) == {}


def test_lengths_of_callers_words() -> None:
    assert [length_group(row(said=said)) for said in ("My order?", "a " * 8, "a " * 20, "")] == [
        "short",
        "middling",
        "long",
        None,
    ]


def test_few_shot_shows_rows_of_every_category_before_the_row() -> None:
    rows = [row(number, category=("order", "bill", "hours")[number % 3]) for number in range(12)]
    shots = choose_shots(rows, 3, 1)
    assert {shot.category for shot in shots} == {"order", "bill", "hours"}
    assert shots == choose_shots(rows, 3, 1)
    asked = Candidate("few-shot", "names", shots).asked(row(99))
    assert [message.role for message in asked.messages] == ["system", *["user", "assistant"] * 5]
    assert asked.messages[1:7:2] == tuple(shot.messages[-2] for shot in shots)
    assert asked.messages[7:] == row(99).messages[1:]
    free = Candidate("few-shot", "free", shots).asked(row(99))
    assert not any("{" in message.content for message in free.messages)


def test_the_grammar_holds_the_names_of_the_turn() -> None:
    assert Candidate("adapter", "names").grammar(row()) is None
    grammar = Candidate("adapter", "names+grammar").grammar(row())
    assert grammar is not None
    assert '"{ship_date}" | "{order_number}"' in grammar


class Echo:
    """Writes the right reply as an adapter, and an idle one as the base."""

    name = "echo"
    grammars = True

    def write(self, asked: list, *, adapter: bool, told: str) -> list[Reply]:
        return [Reply(RIGHT if adapter else LACKING, took_ms=1.0) for _ in asked]


def test_an_evaluation_sets_candidates_side_by_side() -> None:
    rows = tuple(row(number) for number in range(12))
    plan = Plan(rows, (Candidate("base", "names"), Candidate("adapter", "names")), 1, group_rows=rows[:6])
    found = evaluate(plan, {"names": Echo()}, None, lambda line: None)
    made = compared(found)
    by_name = {one["name"]: one["measures"] for one in made["candidates"]}
    assert by_name["base, names"]["missing"]["value"] == 1
    assert by_name["adapter, names"]["missing"]["value"] == 0
    assert by_name["adapter, names"]["bleu"]["value"] == 100
    assert "bleu" not in by_name[REFERENCE]
    (difference,) = made["differences"]
    assert (difference["of"], difference["to"]) == ("adapter, names", "base, names")
    assert difference["measures"]["missing"]["value"] == -1
    assert {one["name"]: one["rows"] for one in made["groups"]}["misheard"] == 6
    assert made["groups"][1]["difference"]["missing"]["value"] == 0
    assert made["forgetting"] is None


def test_speech_takes_longer_the_more_there_is_to_say() -> None:
    assert 0.9 < seconds("Your order shipped.") < 1.6
    assert seconds("Sure, one moment.") > seconds("Sure one moment.")


async def test_speech_lengths_are_the_embedded_voice_s() -> None:
    said = [
        "Your order shipped on November twenty-seventh, and it should be with you on Friday.",
        "I'm sorry, I couldn't find an order with that number.",
        "We're open from nine in the morning to six in the evening, Monday to Saturday.",
        "You can return it within thirty days.",
    ]
    engine = open_engine(load().tts, load().models)
    try:
        spoken = [sum([len(chunk) async for chunk in engine.speak(text)]) / RATE_HZ for text in said]
    finally:
        await engine.close()
    assert sum(map(seconds, said)) == pytest.approx(sum(spoken), rel=0.15)
