"""What isn't an answer to the open question isn't taken for one, and an emergency comes before it."""

from agent.dialogue import BusinessDialogue


async def said(shop: BusinessDialogue, *texts: str) -> list[str]:
    conversation = shop.open()
    replies = []
    for text in texts:
        reply = await conversation.respond(text)
        replies.append(" ".join([sentence.text async for sentence in reply.sentences]))
    return replies


async def test_an_emergency_is_answered_first_whatever_is_open(reading_shop: BusinessDialogue) -> None:
    for before in ("Where is my order?", "How much is my bill?", "What does it cost?", "Cancel order 55781."):
        _, reply = await said(reading_shop, before, "call 911 there is a fire")
        assert reply == "If anyone is in danger, please hang up now and call 911.", "nothing else is taken up"


async def test_a_question_of_the_calendar_is_no_product(reading_shop: BusinessDialogue) -> None:
    for question in ("When is Black Friday?", "What day is it today?"):
        _, reply = await said(reading_shop, "What does it cost?", question)
        assert "$" not in reply


async def test_a_policy_asked_for_while_an_order_s_number_is_wanted_is_told(
    reading_shop: BusinessDialogue,
) -> None:
    _, reply = await said(reading_shop, "Where is my order?", "how long does shipping take")
    assert reply.startswith("Standard shipping takes up to 7 working days.")


async def test_one_who_asks_for_a_person_behind_the_voice_hears_no_yes(
    reading_shop: BusinessDialogue,
) -> None:
    for question in ("Am I talking to a real person?", "Are you human?", "Are you a robot?"):
        (reply,) = await said(reading_shop, question)
        assert reply.startswith("I'm an automated agent, not a person.")


async def test_a_product_in_the_plural_has_a_price_in_the_singular(reading_shop: BusinessDialogue) -> None:
    (reply,) = await said(reading_shop, "How much are the hiking boots?")
    assert reply.startswith("The price of the Hiking Boots is $")
