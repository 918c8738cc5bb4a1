"""Names, postcodes and e-mail addresses as callers say, spell and correct them."""

import pytest

from agent.dialogue.slots import email, postcode
from agent.dialogue.slots_name import name
from agent.dialogue.slots_parts import email_corrected, name_corrected, postcode_corrected
from agent.dialogue.slots_postcode import is_postcode


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Smith", "Smith"),
        ("Smith, S M I T H", "Smith"),
        ("Smith, S-M-I-T-H.", "Smith"),
        ("S-M-I-T-H", "Smith"),
        ("S M I T H", "Smith"),
        ("my name is Jane Smith", "Jane Smith"),
        ("It's Jane Smith, S M Y T H", "Jane Smyth"),
        ("My last name is Abbott, A double B O double T", "Abbott"),
        ("S as in Sierra, M as in Mike, I, T, H", "Smith"),
        ("Smith with a Y", "Smyth"),
        ("Abbott with two Ts", "Abbott"),
        ("It's Brandt, B for Bravo, R A N D T", "Brandt"),
        ("J A N E S M I T H", "Janesmith"),
        ("J-A-N-E S-M-I-T-H", "Jane Smith"),
        ("J A N E space S M I T H", "Jane Smith"),
        ("J, A, N, E, S, M, I, T, H", "Janesmith"),
        ("Jane, J A N E, Smith, S M I T H", "Jane Smith"),
        ("O'Neil", "O'Neil"),
        ("Smith-Jones", "Smith-Jones"),
        ("van der Berg", "van der Berg"),
        ("Ada Abbott please", "Ada Abbott"),
        ("this is Peter speaking", "Peter"),
        ("Garcia", "Garcia"),
        ("SMITH", "Smith"),
        ("The name is Doyle, D O Y L E.", "Doyle"),
        ("first name Jane last name Doe", "Jane Doe"),
        ("Doe, D O E", "Doe"),
        ("it's Moreau spelled M O R E A U", "Moreau"),
        ("Clark with an E", "Clarke"),
        ("Clark with an E at the end", "Clarke"),
        ("Hughes", "Hughes"),
        ("Kim", "Kim"),
        ("K I M", "Kim"),
        ("Dr. Novak", "Novak"),
        ("No, it's Jensen", "Jensen"),
        ("Okafor", "Okafor"),
        ("N like Nancy O V A K", "Novak"),
        ("Fontaine. F-O-N-T-A-I-N-E.", "Fontaine"),
        ("S isn't Sierra, M is in Mike, ITH.", "Smith"),
        ("A double B, oh, double T.", "Abbott"),
        ("It's my S-M-Y-T-H.", "Smyth"),
        ("Castillo, C-A-S-T-I, L-L-O", "Castillo"),
    ],
)
def test_a_name_is_as_it_was_said_or_spelled(text: str, value: str) -> None:
    found = name(text)
    assert found is not None and found.value == value


@pytest.mark.parametrize(
    "text",
    [
        "I don't know",
        "what?",
        "yes",
        "12345",
        "I want to know where my order is",
        "see you",
        "it's about my order",
        "no",
        "could you repeat that",
        "one moment please",
        "I forgot it",
    ],
)
def test_a_sentence_is_no_name(text: str) -> None:
    assert name(text) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("My name is Anna and I'd like to know my bill", "Anna"),
        ("my last name is Abbott", "Abbott"),
        ("It's under the name of Doyle", "Doyle"),
        ("my name is Jane Doe, where is my order?", "Jane Doe"),
        ("where is my order", None),
        ("Abbott", None),
    ],
)
def test_unasked_a_name_counts_where_it_is_announced(text: str, value: str | None) -> None:
    found = name(text, asked=False)
    assert (found.value if found else None) == value


@pytest.mark.parametrize(
    ("text", "country", "value"),
    [
        ("oh two one three nine", "US", "02139"),
        ("02139", "US", "02139"),
        ("it's 0 2 1 3 9", "US", "02139"),
        ("my zip is 90210-1234", "US", "90210-1234"),
        ("nine oh two one oh dash one two three four", "US", "90210-1234"),
        ("02139 4301", "US", "02139-4301"),
        ("O2139", "US", "02139"),
        ("zero two one thirty nine", "US", "02139"),
        ("double oh one two three", "US", "00123"),
        ("oh two, one three nine", "US", "02139"),
        ("S W one A one A A", "GB", "SW1A 1AA"),
        ("SW1A 1AA", "GB", "SW1A 1AA"),
        ("sw1a1aa", "GB", "SW1A 1AA"),
        ("S-W-1-A 1-A-A", "GB", "SW1A 1AA"),
        ("M one one A E", "GB", "M1 1AE"),
        ("M1 1AE", "GB", "M1 1AE"),
        ("E C one A one B B", "GB", "EC1A 1BB"),
        ("CR2 6XH", "GB", "CR2 6XH"),
        ("D N five five one P T", "GB", "DN55 1PT"),
        ("S as in Sierra W one A one double A", "GB", "SW1A 1AA"),
        ("B 33 8 T H", "GB", "B33 8TH"),
        ("oh X one two J D", "GB", "OX1 2JD"),
        ("OX1 2JD", "GB", "OX1 2JD"),
        ("K one A oh B one", "CA", "K1A 0B1"),
        ("K1A 0B1", "CA", "K1A 0B1"),
        ("K-1-A-0-B-1", "CA", "K1A 0B1"),
        ("M five V three L nine", "CA", "M5V 3L9"),
        ("em five vee three el nine", "CA", "M5V 3L9"),
        ("kilo one alpha zero bravo one", "CA", "K1A 0B1"),
    ],
)
def test_a_postcode_has_the_form_of_its_country(text: str, country: str, value: str) -> None:
    found = postcode(text, country)
    assert found is not None and found.value == value
    assert is_postcode(found.value, country)


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("zip code 2139", "US"),
        ("twenty one thirty nine", "US"),
        ("D1A 0B1", "CA"),
        ("hello there", "GB"),
        ("I don't know", "CA"),
        ("QX1 2JD", "GB"),
        ("sw1a", "GB"),
        ("see you tea", "GB"),
        ("1234", "US"),
        ("A1A 1A1", "GB"),
        ("twelve", "CA"),
    ],
)
def test_what_has_no_postcodes_form_is_none_or_doubtful(text: str, country: str) -> None:
    found = postcode(text, country)
    assert found is None or found.doubtful


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("jane dot doe at gmail dot com", "jane.doe@gmail.com"),
        ("jane.doe at gmail.com", "jane.doe@gmail.com"),
        ("Jane.Doe@Gmail.com.", "jane.doe@gmail.com"),
        ("it's bob underscore 7 at gmail dot com", "bob_7@gmail.com"),
        ("j a n e at example dot co dot uk", "jane@example.co.uk"),
        ("jane doe at gmail.com", "janedoe@gmail.com"),
        ("bob at my-shop dot com please", "bob@my-shop.com"),
        ("J-A-N-E dot doe at g mail dot com", "jane.doe@gmail.com"),
        ("jane underscore doe at hot mail dot com", "jane_doe@hotmail.com"),
        ("j as in juliet, d o e at example dot com", "jdoe@example.com"),
        ("my email address is jane dash doe at example dot com, all lower case", "jane-doe@example.com"),
        ("jane doe all one word at example.com", "janedoe@example.com"),
        ("jane doe at example dot com all one word", "janedoe@example.com"),
        ("jane at gmail", "jane@gmail.com"),
        ("it's jane84@example.com", "jane84@example.com"),
        ("jane eighty four at example dot com", "jane84@example.com"),
        ("jane nineteen eighty four at example dot com", "jane1984@example.com"),
        ("ada dot abbott at example dot com", "ada.abbott@example.com"),
        ("Where is my bill? My email is ben.castillo at example dot com", "ben.castillo@example.com"),
        ("smith double t at example dot org", "smithtt@example.org"),
        ("jane plus shop at gmail dot com", "jane+shop@gmail.com"),
        ("jane at mail dot example dot de", "jane@mail.example.de"),
        ("Yes, it's m.garcia@example.com", "m.garcia@example.com"),
        ("jane dot doe, at, example, dot, com", "jane.doe@example.com"),
        ("e i at example dot com", "ei@example.com"),
        ("jane dot doe at example dot com and my zip is 02139", "jane.doe@example.com"),
        ("o'neil at example dot com", "oneil@example.com"),
        ("j dot smith at sign example dot com", "j.smith@example.com"),
        ("info at harborgoods dot example dot com", "info@harborgoods.example.com"),
        ("jane.doe at gmail.com.", "jane.doe@gmail.com"),
        ("No, it's jane dot dough at gmail dot com", "jane.dough@gmail.com"),
    ],
)
def test_an_address_is_read_as_it_was_said(text: str, value: str) -> None:
    found = email(text)
    assert found is not None and found.value == value


@pytest.mark.parametrize(
    "text",
    [
        "I live at home",
        "let's meet at noon dot",
        "I'm at harbor goods dot com",
        "how are you at the moment",
        "at",
        "I don't know",
        "jane",
        "jane at",
        "dot com",
        "it's at home",
        "my name is Jane",
        "meet me at ten",
    ],
)
def test_what_has_no_domain_is_no_address(text: str) -> None:
    assert email(text) is None


@pytest.mark.parametrize(
    ("text", "previous", "value"),
    [
        ("no, with a Y", "Smith", "Smyth"),
        ("no, Y not I", "Smith", "Smyth"),
        ("it's S M Y T H E", "Smith", "Smythe"),
        ("no, Smythe", "Smith", "Smythe"),
        ("the third letter is Y", "Smith", "Smyth"),
        ("with an E at the end", "Clark", "Clarke"),
        ("yes", "Smith", None),
        ("no", "Smith", None),
        ("that's wrong", "Smith", None),
        ("that's right", "Smith", None),
        ("yes, that's it", "Smith", None),
        ("M Y not M I", "Smith", "Smyth"),
        ("no, it's Jayne", "Jane Smith", "Jayne Smith"),
        ("the first name is Jayne, J A Y N E", "Jane Smith", "Jayne Smith"),
        ("no, N not M", "Kim", "Kin"),
        ("with double T", "Abbot", "Abbott"),
        ("only one B", "Abbott", "Abott"),
        ("I don't know", "Smith", None),
        ("an E instead of an A", "Clark", "Clerk"),
        ("no, B as in boy, not P", "Poyle", "Boyle"),
        ("V for Victor not B", "Nobak", "Novak"),
        ("it's K I N", "Kim", "Kin"),
        ("no, Doyle with an I", "Doyle", "Doile"),
    ],
)
def test_one_letter_or_word_of_a_name_is_put_right(text: str, previous: str, value: str | None) -> None:
    found = name_corrected(text, previous)
    assert (found.value if found else None) == value


@pytest.mark.parametrize(
    ("text", "previous", "country", "value"),
    [
        ("no, the last digit is eight", "02139", "US", "02138"),
        ("four not three", "02139", "US", "02149"),
        ("no, 02138", "02139", "US", "02138"),
        ("S W one A two A A", "SW1A 1AA", "GB", "SW1A 2AA"),
        ("two not one", "SW1B 1AA", "GB", "SW1B 2AA"),
        ("the last letter is B", "SW1A 1AA", "GB", "SW1A 1AB"),
        ("no, B not A", "K1A 0B1", "CA", None),
        ("yes", "02139", "US", None),
        ("it ends in 38", "02139", "US", "02138"),
        ("no, E not A", "SW1A 1BB", "GB", None),
        ("no, P as in Peter", "DN55 1TT", "GB", None),
    ],
)
def test_one_place_of_a_postcode_is_put_right(
    text: str, previous: str, country: str, value: str | None
) -> None:
    found = postcode_corrected(text, previous, country)
    assert (found.value if found else None) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no, gmail not hotmail", "jane.doe@gmail.com"),
        ("No, at gmail dot com", "jane.doe@gmail.com"),
        ("gmail dot com", "jane.doe@gmail.com"),
        ("it's dot org not dot com", "jane.doe@hotmail.org"),
        ("dot org", "jane.doe@hotmail.org"),
        ("underscore instead of dot", "jane_doe@hotmail.com"),
        ("the dot should be an underscore", "jane_doe@hotmail.com"),
        ("no, without the dot", "janedoe@hotmail.com"),
        ("no dot", "janedoe@hotmail.com"),
        ("it's spelled J A Y N E", "jayne.doe@hotmail.com"),
        ("no, jayne not jane", "jayne.doe@hotmail.com"),
        ("J-A-Y-N-E", "jayne.doe@hotmail.com"),
        ("no, jane dot dow at hotmail dot com", "jane.dow@hotmail.com"),
        ("yes", None),
        ("that's right", None),
        ("no", None),
        ("I don't know", None),
        ("the first part is jayne dot doe", "jayne.doe@hotmail.com"),
        ("no it's jayne dot doe", "jayne.doe@hotmail.com"),
        ("not hotmail, gmail", "jane.doe@gmail.com"),
        ("where is my order", None),
        ("D O W E", "jane.dowe@hotmail.com"),
        ("dash not dot", "jane-doe@hotmail.com"),
        ("it ends in dot net", "jane.doe@hotmail.net"),
    ],
)
def test_one_part_of_an_address_is_put_right(text: str, value: str | None) -> None:
    found = email_corrected(text, "jane.doe@hotmail.com")
    assert (found.value if found else None) == value
