"""Whole conversations: real speech, real models, a real socket."""

from collections.abc import Callable

from program import spoken

Report = Callable[[str], dict]


def test_six_turns_are_each_heard_and_answered_with_the_right_fact(report: Report):
    call = report("six_turns")
    replies = spoken(call)
    assert [turn["intent"] for turn in replies] == [
        "order_status",
        "order_status",
        "order_status",
        "opening_hours",
        "return_policy",
        "product_availability",
        "goodbye",
    ]
    assert all(turn["latency_ms"] is not None for turn in replies), "every turn is answered"
    assert replies[1]["slots"]["order_number"] == "12345"
    assert "zip code" in replies[1]["text"] and replies[2]["slots"]["zip_code"] == "19901"
    facts = {fact["name"]: fact["value"] for s in replies[2]["sentences"] for fact in s["facts"]}
    assert facts["order_number"] == "12345" and facts["delivery_date"] in replies[2]["heard_text"]
    assert call["ended_by"] == "agent"


def test_each_sentence_heard_has_a_verdict_and_each_template_its_facts(report: Report):
    call = report("six_turns")
    sentences = [s for turn in call["turns"] for s in turn["sentences"] if s["heard"] != "none"]
    assert len(sentences) >= 5
    for sentence in sentences:
        assert sentence["verdict"] in ("proven", "approved", "template")
        digits = {word.strip(".,") for word in sentence["text"].split() if any(c.isdigit() for c in word)}
        values = " ".join(fact["value"] for fact in sentence["facts"])
        assert all(word in values for word in digits), (digits, values)


def test_speech_over_the_agent_is_answered_and_a_cough_is_not(report: Report):
    call = report("barge_in")
    cut = next(turn for turn in call["turns"] if turn["interrupted"])
    assert cut["barge_in"]["silent_after_ms"] < 1500
    assert cut["text"].startswith(cut["heard_text"]) and cut["heard_text"] != cut["text"]
    hours = next(turn for turn in call["turns"] if turn["n"] == cut["n"] + 1)
    assert hours["intent"] == "opening_hours"
    resumed = [turn["heard_text"] or "" for turn in call["turns"] if turn["kind"] == "resume"]
    heard = " ".join([hours["heard_text"], *resumed])
    for sentence in hours["sentences"]:
        assert sentence["text"] in heard, "what a cough cut off is taken up again"


def test_keys_fill_the_slot_that_was_asked_for(report: Report):
    call = report("keys")
    keyed = next(
        turn
        for turn in spoken(call)
        if any(c["id"] in turn["caller"] and c["kind"] == "keys" for c in call["caller"])
    )
    assert keyed["slots"]["order_number"] == "12345"
    assert keyed["latency_ms"] is not None


def test_a_silent_caller_is_asked_again_and_then_told_goodbye(report: Report):
    call = report("silence")
    assert len(spoken(call, "reprompt")) == 3, "two re-prompts and a goodbye"
    assert call["ended_by"] == "agent"


def test_a_noisy_street_and_a_lossy_network_are_answered_too(report: Report):
    call = report("noise")
    intents = [turn["intent"] for turn in spoken(call)]
    assert "opening_hours" in intents and "return_policy" in intents
