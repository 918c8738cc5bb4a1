"""Who is asked for, what is asked in general, and what comes before everything else, in the shop's intents.

The wordings beside each group's first are not the examples' own: a rule for one sentence would miss them.
"""

import pytest

from agent.dialogue.door import load_embedder
from agent.dialogue.intents import Intents, wish_of
from agent.dialogue.loader import load_business
from agent.settings import ROOT, Tree


@pytest.fixture(scope="module")
def intents() -> Intents:
    business = load_business(ROOT / "config/business/shop")
    products = ["Electric Kettle", "Camp Stove", "Lumen Lamp", "Trailhead Jacket"]
    words = {"product": products, "supported_product": products}
    tree = Tree()
    return Intents(business.intents, load_embedder(tree), threshold=tree.dialogue.similarity, words=words)


GROUPS = {
    "robot": [
        "Am I talking to a real person?", "is this a real person", "are you human", "you sound like a robot",
        "Are you an actual human being?", "Is this a real human I'm talking to?", "what is your name",
        "so you're not a real person?", "wait, is this a person or a machine",
    ],
    "human": [
        "I want to talk to a real person", "let me speak to a real human being", "real person please",
        "is there a real person I can talk to", "are there any humans I can speak to", "give me a human",
        "stop, I want a person not a machine", "Could I be speaking with a human instead?",
    ],
    "bill_amount": [
        "My name is Anna and I would like to know my bill",
        "Hi, my name is Tom and I'd like to know how much my bill is",
    ],
    "order_status": [
        "My name's Peter Miller and I want to know where my package is",
        "Good morning, this is Peter, where is my package?", "I'm on fire today, where is my order",
    ],
    "shipping_time": [
        "how long does shipping take", "how fast do you ship", "what's the typical shipping time",
        "If I order today, when would I get it?", "how quickly do orders arrive normally",
    ],
    "delivery_date": ["how long until my package arrives", "when will my order get here"],
    "shop_phone": [
        "What's your phone number?", "which number can I call you on", "how can I reach you by phone",
    ],
    "account_update": ["I have a new phone number", "change my phone number"],
    "emergency": [
        "call 911 there is a fire", "my husband is having a heart attack", "I need an ambulance",
        "someone broke into my home", "he collapsed and is not breathing", "my daughter took too many pills",
        "I'm calling about my order, oh my god the house is on fire",
    ],
    "product_availability": ["is there a fire pit in stock", "do you sell fire extinguishers"],
    "refund_status": ["I'll call the police if you don't refund me"],
    "tech_support": ["My kettle is burning hot and doesn't work"],
    "greeting": ["My name is Anna"],
    "-": [
        "what day is it today", "what's today's date", "which day of the week is it", "when is Black Friday",
        "what day is Thanksgiving on",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in GROUPS.items() for text in texts])
def test_a_caller_is_understood(name: str, text: str, intents: Intents) -> None:
    matches = intents.find_all(text)
    assert (matches[0].name or "-") == name
    if name == "emergency":
        assert len(matches) == 1


def test_an_emergency_s_keywords_are_worth_leaving_an_open_question_for(intents: Intents) -> None:
    match = intents.find("call 911 there is a fire", asked=True)
    assert match.name == "emergency" and match.sure and match.score >= 0.75


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("My name is Anna and where is my order", "where is my order"),
        ("Hello, this is Bob Miller calling, I want a refund.", "I want a refund."),
        ("My name is Anna", "My name is Anna"),
        ("Is this a real person", "Is this a real person"),
        (
            "This is a terrible service, and I want my money",
            "This is a terrible service, and I want my money",
        ),
        ("This is about my order, and it is late", "This is about my order, and it is late"),
    ],
)
def test_who_calls_is_set_apart_from_what_is_wanted(text: str, wish: str) -> None:
    assert wish_of(text) == wish


@pytest.mark.parametrize(
    ("said", "wish"),
    [
        ("Stop, stop, when does it arrive?", "when does it arrive?"),
        ("Wait. How much is it?", "How much is it?"),
        ("Hold on, excuse me, do you ship to Canada?", "do you ship to Canada?"),
        ("Stop my order, please.", "Stop my order, please."),
        ("Stop.", "Stop."),
    ],
)
def test_words_to_be_let_in_by_are_no_wish(said: str, wish: str) -> None:
    assert wish_of(said) == wish
