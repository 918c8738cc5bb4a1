"""A call of thirty turns: what was said stays known, in this call alone; the model's history stays short."""

from agent.dialogue.draft import Line
from agent.dialogue.embeddings import Embedder
from agent.dialogue.evaluation import moment, seeded
from agent.dialogue.evaluation_questions import FILE, read_questions
from agent.dialogue.prompts import HISTORY_TOKENS, recent, tokens, wording
from agent.dialogue.protocol import Fact, Sentence
from agent.dialogue.state import Exchange
from agent.settings import ROOT, Tree
from agent.settings.tree import Knowledge

QUESTIONS = read_questions(ROOT / "config/business/utility" / FILE)
SETTINGS = Tree(knowledge=Knowledge(dir=ROOT / "data/cache/knowledge"))

CALL = [
    ("How much is my bill?", "account number"),
    ("4100025", "zip code"),
    ("19931", "$163.75"),
    ("Is there an outage in 19932?", "6:40 AM"),
    ("What about 19933?", "9:15 PM"),
    ("What does Green Power cost?", "$0.18"),
    ("And how much is Night Power?", "$0.13"),
    ("Which tariff do I have?", "Night Power"),
    ("How much electricity did I use?", "625 kilowatt hours"),
    ("Are you open tomorrow?", "Thanksgiving"),
    ("Thank you.", "welcome"),
    ("I want to give a meter reading.", "electricity or the water"),
    ("What's the price of Home Water?", "$4.35"),  # the reading is put aside, and taken up again
    ("the electricity meter", "meter show"),
    ("four oh nine one oh", "40910 for the electricity meter"),
    ("yes", "I've noted 40910"),
    ("Can you repeat that?", "40910"),
    ("And the water meter: it shows 02390.", "02390 for the water meter"),
    ("no, 02391", "02391 for the water meter"),
    ("yes", "I've noted 02391"),
    ("What was the last reading of the water meter?", "02391"),
    ("Is there an outage in 19930?", "no outage in Millbrook"),
    ("Can I pay in installments?", "$321.95"),
    ("What's your telephone number?", "555 010 0188"),
    ("Which bills are still open?", "800103"),
    ("How can I pay?", "bank transfer"),
    ("What's your address?", "40 Canal Street"),
    ("Tell me a joke.", "can't help"),
    ("When is my bill due?", "November 19, 2026"),
    ("What is my usage?", "625 kilowatt hours"),
]


async def test_thirty_turns_ask_for_nothing_twice_and_the_next_call_knows_nothing(embedder: Embedder) -> None:
    at = moment(QUESTIONS, "America/New_York")
    with seeded(SETTINGS, "utility", QUESTIONS.day, at, embedder) as stage:
        call = stage.dialogue.open()
        for place, (text, expected) in enumerate(CALL, 1):
            reply = await call.respond(text)
            said = " ".join([sentence.text async for sentence in reply.sentences])
            assert expected in said, (place, text, said)
            if place > 3:
                assert "your account number" not in said and "zip code of the address" not in said
        assert len(call.history) == len(CALL) == 30
        assert sum(tokens(one.caller) + tokens(one.reply) for one in recent(call.history)) <= HISTORY_TOKENS
        next_call = stage.dialogue.open()
        reply = await next_call.respond("When is my bill due?")
        assert "your account number" in " ".join([sentence.text async for sentence in reply.sentences])


def test_the_history_is_cut_by_tokens_to_whole_turns() -> None:
    history = [Exchange(f"Question {n:02d}?", "word " * 20) for n in range(30)]
    kept = recent(history)
    assert kept and kept == history[-len(kept) :]
    a_turn = tokens(history[0].caller) + tokens(history[0].reply)
    assert len(kept) == HISTORY_TOKENS // a_turn
    assert recent(history, a_turn) == history[-1:]
    assert recent([Exchange("", "keys"), *history[:1]]) == history[:1]
    long = Exchange("What?", "word " * 400)
    assert recent([history[0], long]) == []  # nothing older stands in for what came last


def test_the_facts_stand_last_in_what_the_model_is_asked() -> None:
    fact = Fact("amount", "$163.75", "bills[800104].amount")
    line = Line(Sentence("It's $163.75.", "", "answer", "template", (fact,)), needed=("amount",))
    history = [Exchange("How are you?", "Fine."), Exchange("Hello?", "Hello.")]
    system, *turns = wording("You answer.", [line], "How much is my bill?", history)
    assert system.role == "system"
    assert [turn.role for turn in turns] == ["user", "assistant", "user", "assistant", "user"]
    assert turns[-1].content.endswith("inform amount = {amount}")
    assert not any("amount" in turn.content for turn in turns[:-1])
