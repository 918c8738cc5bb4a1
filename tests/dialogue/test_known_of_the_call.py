"""What was spoken of before is known where the next wish leaves it out, and forgotten for another one."""

from agent.dialogue import BusinessDialogue


async def said(shop: BusinessDialogue, *texts: str) -> list[str]:
    conversation = shop.open()
    replies = []
    for text in texts:
        reply = await conversation.respond(text)
        replies.append(" ".join([sentence.text async for sentence in reply.sentences]))
    return replies


async def test_a_product_spoken_of_is_the_one_to_reset_and_the_one_to_price(
    reading_shop: BusinessDialogue,
) -> None:
    _, reset, price = await said(
        reading_shop,
        "How long is the warranty on the trail watch?",
        "And how do I reset it?",
        "And how much is it?",
    )
    assert reset.startswith("For the Trail Watch:")
    assert price == "The price of the Trail Watch is $189.00."


async def test_the_product_spoken_of_last_counts(reading_shop: BusinessDialogue) -> None:
    *_, price = await said(
        reading_shop,
        "Do you have the trail watch in stock?",
        "How do I reset the pocket speaker?",
        "And how much is it?",
    )
    assert price == "The price of the Pocket Speaker is $59.00."


async def test_another_appointment_is_for_the_same_account(reading_shop: BusinessDialogue) -> None:
    *_, reply = await said(reading_shop, "When is my appointment?", "100001", "I need another appointment.")
    assert reply == "On which day would you like to come?"


async def test_another_account_is_asked_for(reading_shop: BusinessDialogue) -> None:
    *_, reply = await said(
        reading_shop, "How much is my bill?", "100001", "How much is the bill of the other account?"
    )
    assert reply == "What's your account number?"


async def test_a_number_said_with_another_wish_repeats_no_change(reading_shop: BusinessDialogue) -> None:
    *_, reply = await said(
        reading_shop, "Cancel order 40404.", "And what about order one one two two three as it shipped."
    )
    assert reply.startswith("Your order 11223 is being prepared")


async def test_wishes_of_one_breath_are_no_other_product_for_the_last_wish(
    reading_shop: BusinessDialogue,
) -> None:
    *_, reply = await said(
        reading_shop,
        "How do I reset the trail watch?",
        "How much is the desk fan? Do you take credit cards and is delivery free?",
    )
    assert "$32.50" in reply and "credit card" in reply and "$4.95" in reply


async def test_a_wish_put_aside_takes_the_number_that_the_next_one_was_given(
    reading_shop: BusinessDialogue,
) -> None:
    *_, reply = await said(reading_shop, "When does my order arrive?", "I want to return my order.", "12345")
    assert reply.startswith("Your order 12345 hasn't been delivered yet")
    assert "What's your order number?" not in reply
    assert "Your order 12345 is expected to arrive on" in reply


async def test_another_number_after_an_answer_stays_with_the_wish(reading_shop: BusinessDialogue) -> None:
    *_, reply = await said(reading_shop, "Has my refund been paid?", "55781", "It's for order 67890.")
    assert reply.startswith("Your refund of $")


async def test_a_bare_name_is_another_one_for_the_last_wish_and_no_search(
    reading_shop: BusinessDialogue,
) -> None:
    *_, jacket, plug = await said(
        reading_shop,
        "Do you have the hiking boots in stock?",
        "What about the rain jacket?",
        "And the smart plug?",
    )
    assert jacket.startswith("The Rain Jacket is out of stock")
    assert plug == "The Smart Plug is in stock."


async def test_a_whole_wish_about_another_product_is_no_bare_name(reading_shop: BusinessDialogue) -> None:
    *_, reply = await said(reading_shop, "How do I reset the trail watch?", "How much is the desk fan?")
    assert reply == "The price of the Desk Fan is $32.50."
