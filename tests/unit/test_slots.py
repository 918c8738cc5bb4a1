"""Values in what a recogniser writes: digits, codes, corrections, dates, sums, choices, yes and no."""

import datetime as dt

import pytest

from agent.dialogue.slots import (
    amount,
    choice,
    correction,
    date,
    digit_runs,
    digits,
    email,
    identifier,
    keypad,
    phone,
    postcode,
    spelled_word,
    time_of_day,
    yes_no,
)

TODAY = dt.date(2026, 11, 24)  # a Tuesday


@pytest.mark.parametrize(
    ("text", "length", "value"),
    [
        ("1, 2, 3, 4, 5.", 5, "12345"),
        ("one two 345", 5, "12345"),
        ("12345", None, "12345"),
        ("1-2-3-4-5", 5, "12345"),
        ("12,345.", 5, "12345"),
        ("one double seven four", 4, "1774"),
        ("double-7 two", 3, "772"),
        ("triple nought five six", 5, "00056"),
        ("twenty three forty five", 4, "2345"),
        ("twelve thirty-four five", 5, "12345"),
        ("twelve thousand three hundred forty five", 5, "12345"),
        ("one hundred and five", 3, "105"),
        ("oh one two three four", 5, "01234"),
        ("nine oh two one oh", 5, "90210"),
        ("Oh, 12345.", None, "12345"),
        ("Yeah, my order number is one two three four five", 5, "12345"),
        ("I want to track 12345", 5, "12345"),
        ("I bought 2 jackets, order 12345", None, "12345"),
        ("I paid $40 for order 778 on the 3rd", None, "778"),
        ("one to three for five", 5, "12345"),
        ("one two three. four five.", 5, "12345"),
        ("one two, uh, three four, um, five", 5, "12345"),
        ("zero zero seven", None, "007"),
        ("1 2 3 4 5, that is 12345", 5, "12345"),
        ("12345 sorry 12346", 5, "12346"),
        ("1 2 3 3 5, no, 1 2 3 4 5", 5, "12345"),
        ("niner fife", 2, "95"),
    ],
)
def test_digits_are_read_as_they_were_said(text: str, length: int | None, value: str) -> None:
    found = digits(text, length)
    assert found is not None
    assert (found.value, found.doubtful) == (value, False)
    assert text[slice(*found.span)]


@pytest.mark.parametrize(
    ("text", "length", "value", "why"),
    [
        ("My order number is for five six seven eight", 5, "45678", "homophone"),
        ("one two won ate", 4, "1218", "homophone"),
        ("twenty three forty five", 5, "20345", "several"),
        ("1 2 3 4", 5, "1234", "length"),
        ("1 2 and my other number is 3 4 5", 5, "12345", "several"),
        ("it's 12345 or 54321", 5, "54321", "several"),
        ("No, not 9, 5, 5, 5, 7, 8, 1.", 5, "55781", "several"),
        ("not nineteen, ninety. nine zero two one zero", 5, "90210", "several"),
    ],
)
def test_digits_are_doubtful_where_they_had_to_be_guessed(
    text: str, length: int, value: str, why: str
) -> None:
    found = digits(text, length)
    assert found is not None
    assert (found.value, found.doubtful, found.why) == (value, True, why)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no thanks",
        "this one please",
        "I'd like two jackets for my wife",
        "too bad",
        "oh",
        "what for?",
        "one of them",
    ],
)
def test_a_sentence_without_a_number_gives_no_digits(text: str) -> None:
    assert digits(text, 5) is None


@pytest.mark.parametrize("text", ["thank you for that", "I ate too much", "I won", "go to the store for me"])
def test_homophones_alone_are_no_digits(text: str) -> None:
    assert digits(text) is None


def test_every_run_of_digits_is_found() -> None:
    assert [run.value for run in digit_runs("order 12 and order 345")] == ["12", "345"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("A B 1 2 3", "AB123"),
        ("AB123", "AB123"),
        ("A as in alpha, B for bravo, one two three", "AB123"),
        ("alpha bravo one two", "AB12"),
        ("b as in boy double l 4", "BLL4"),
        ("x ray seven", "X7"),
        ("it's A-B-1-2", "AB12"),
        ("S like Sam, 9 0", "S90"),
        ("my code is C three, P four", "C3P4"),
        ("B is for banana, 22", "B22"),
    ],
)
def test_codes_are_spelled_with_letters_words_and_digits(text: str, value: str) -> None:
    found = identifier(text)
    assert found is not None and found.value == value


def test_the_expected_form_of_a_code_decides_what_belongs_to_it() -> None:
    found = identifier("I have a code A1B2", pattern=r"[A-Z]\d[A-Z]\d")
    assert found is not None and (found.value, found.doubtful) == ("A1B2", False)
    sounded = identifier("bee see one two", pattern=r"[A-Z]{2}\d\d")
    assert sounded is not None and (sounded.value, sounded.doubtful) == ("BC12", True)
    short = identifier("A 1", length=5)
    assert short is not None and short.doubtful
    assert identifier("hello there") is None


def test_names_are_spelled_letter_by_letter() -> None:
    found = spelled_word("It's S-M-I-T-H")
    assert found is not None and found.value == "Smith"
    assert spelled_word("Smith") is None


@pytest.mark.parametrize(
    ("text", "value", "doubtful"),
    [
        ("jane dot doe at example dot com", "jane.doe@example.com", False),
        ("My email is jane.doe@example.com.", "jane.doe@example.com", False),
        ("it's bob underscore 7 at gmail dot com", "bob_7@gmail.com", False),
        ("j a n e at example dot co dot uk", "jane@example.co.uk", False),
        ("jane doe at gmail.com", "janedoe@gmail.com", True),
        ("bob at my-shop dot com please", "bob@my-shop.com", False),
    ],
)
def test_an_email_address_is_read_aloud(text: str, value: str, doubtful: bool) -> None:
    found = email(text)
    assert found is not None and (found.value, found.doubtful) == (value, doubtful)


def test_postcodes_and_telephone_numbers_keep_their_form() -> None:
    assert postcode("it is nine oh two one oh").value == "90210"  # type: ignore[union-attr]
    assert postcode("90210 1234").value == "90210-1234"  # type: ignore[union-attr]
    assert postcode("s w one a one a a", "GB").value == "SW1A 1AA"  # type: ignore[union-attr]
    assert phone("555 010 1234").value == "+15550101234"  # type: ignore[union-attr]
    assert phone("plus one, five five five, oh one oh, one two three four").value == "+15550101234"  # type: ignore[union-attr]
    assert phone("555 0101").doubtful  # type: ignore[union-attr]
    assert email("I live at home") is None and phone("hello") is None


@pytest.mark.parametrize(
    ("text", "previous", "value", "doubtful"),
    [
        ("no, four not five", "12345", "12344", False),
        ("No, for not five.", "12345", "12344", False),
        ("No, not 9, 5, 5, 5, 7, 8, 1.", "59781", "55781", True),
        ("no 4, not 5", "12315", "12314", False),
        ("No, four, not five", "15355", "15354", True),
        ("no, it's 12346", "12345", "12346", False),
        ("No. One two three four six.", "12345", "12346", False),
        ("not 45, 54", "12345", "12354", False),
        ("not five, four", "12345", "12344", False),
        ("No, not five four.", "12315", "12314", False),
        ("not 12345, 12346", "12345", "12346", False),
        ("12346, not 12345", "12345", "12346", False),
        ("the last digit is 6", "12345", "12346", False),
        ("the last digit is six not five", "12345", "12346", False),
        ("the first digit should be two", "12345", "22345", False),
        ("the last two digits are 54", "12345", "12354", False),
        ("the second one is a seven", "12345", "17345", False),
        ("change the third digit to 2", "12345", "12245", False),
        ("change the 5 to a 6", "12345", "12346", False),
        ("the five should be a four", "12345", "12344", False),
        ("four instead of five", "12345", "12344", False),
        ("it ends in 46", "12345", "12346", False),
        ("it starts with a 2", "12345", "22345", False),
        ("I said seven", "12145", "12745", True),
        ("fifteen not fifty", "1502", "1152", True),
        ("you missed a 6 at the end", "1234", "12346", False),
        ("B not D", "AD12", "AB12", False),
        ("no, B as in boy, not D", "AD12", "AB12", False),
        ("the first letter is C", "AD12", "CD12", False),
    ],
)
def test_a_correction_changes_the_place_that_was_meant(
    text: str, previous: str, value: str, doubtful: bool
) -> None:
    found = correction(text, previous)
    assert found is not None and found.value == value
    if "fifteen" not in text:
        assert found.doubtful is doubtful


@pytest.mark.parametrize(
    "text", ["yes", "no", "that's right", "thank you", "12345", "what?", "I want to return it"]
)
def test_what_corrects_nothing_is_no_correction(text: str) -> None:
    assert correction(text, "12345") is None


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("yes", True), ("Yeah, that's right.", True), ("correct", True), ("sure", True), ("Yep.", True),
        ("Please.", True), ("book it, please", True), ("eleven o'clock, please", None),
        ("the other one please", None), ("Yes please", True), ("that's correct", True),
        ("Right.", True), ("no problem", True),
        ("why not", True),
        ("of course", True), ("go ahead", True), ("Uh-huh.", True), ("I do", True), ("Yes, that's it.", True),
        ("No, yes", True), ("sounds good", True), ("okay", True),
        ("no", False), ("no thanks", False), ("Nope.", False), ("that's wrong", False),
        ("I don't think so", False),
        ("that's not right", False), ("not really", False), ("No, it isn't.", False), ("Okay, no.", False),
        ("incorrect", False), ("I'd rather not", False), ("No, that's all", False), ("never mind, no", False),
        ("It's not correct.", False), ("nah", False), ("no, I don't want that", False),
        ("what", None), ("12345", None), ("I'm not sure", None), ("maybe", None), ("yes and no", None),
        ("", None),
        ("I don't know", None), ("my name is Bob", None),
    ],
)  # fmt: skip
def test_yes_and_no_are_told_apart(text: str, answer: bool | None) -> None:
    assert yes_no(text) is answer


@pytest.mark.parametrize(
    ("text", "value", "doubtful"),
    [
        ("the second one", "Red Hoodie", False), ("the blue one", "Blue Hoodie", False),
        ("the last one", "Coffee Mug", False), ("the first", "Blue Hoodie", False),
        ("mug please", "Coffee Mug", False),
        ("option two", "Red Hoodie", False), ("coffee mugs", "Coffee Mug", False),
        ("hoodie", "Red Hoodie", True),
        ("red or blue", "Red Hoodie", True), ("2", "Red Hoodie", False),
    ],
)  # fmt: skip
def test_an_option_is_chosen_by_name_or_place(text: str, value: str, doubtful: bool) -> None:
    found = choice(text, ["Blue Hoodie", "Red Hoodie", "Coffee Mug"])
    assert found is not None and found.doubtful is doubtful
    assert found.value == value or doubtful


@pytest.mark.parametrize("text", ["neither", "what?", "", "the fifth one"])
def test_nothing_is_chosen_where_nothing_fits(text: str) -> None:
    assert choice(text, ["Blue Hoodie", "Red Hoodie", "Coffee Mug"]) is None


def test_keys_end_at_the_hash_and_start_over_at_the_star() -> None:
    assert keypad("12345#").value == "12345"  # type: ignore[union-attr]
    assert keypad("12*678#9").value == "678"  # type: ignore[union-attr]
    assert keypad("00123", 5).doubtful is False  # type: ignore[union-attr]
    assert keypad("123#", 5).doubtful  # type: ignore[union-attr]
    assert keypad("#") is None and keypad("") is None


def test_odd_texts_are_read_without_an_error() -> None:
    for text in [
        "",
        "'",
        "...",
        "double",
        "double double",
        "\x00",
        "as in",
        "at dot com",
        "½",
        "٣ ٤",
        "a" * 3000,
        "1 " * 400,
    ]:
        digits(text), digits(text, 5), identifier(text), email(text), phone(text), correction(text, "12345")
        (
            yes_no(text),
            date(text, TODAY),
            time_of_day(text),
            amount(text),
            choice(text, ["a", "b"]),
            keypad(text),
        )
