"""Placeholders: what a text with braces means, and what is wrong with one."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.services.audience.letters import Unwritable, Writer
from messaging.text.length import measure
from messaging.text.placeholders import (
    Slot,
    as_ours,
    parse,
    read_wording,
    strange,
    with_default,
)
from messaging.text.validity import InvalidText, tidy

KNOWN = ("name", "number", "date", "fee_due", "class")


def write(text: str, values: dict[str, str]) -> str:
    writer = Writer(parse(text), day=datetime(2026, 11, 24, tzinfo=UTC))
    return writer.write(values.get("number", ""), values.get("name", ""), values).text


VALUES = {"name": "Asha", "fee_due": "1250", "class": "9"}


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("School is closed.", "School is closed."),
        ("Dear {name}, Rs {fee_due} is due.", "Dear Asha, Rs 1250 is due."),
        ("Dear {Name}, Rs {Fee due} is due.", "Dear Asha, Rs 1250 is due."),
        ("{ name }", "Asha"),
        ("Dear {village|friend}", "Dear friend"),
        ("Dear {name|friend}", "Dear Asha"),
        ("{village|}Hello", "Hello"),
        ("{{name}} and {{{name}}}", "{name} and {Asha}"),
        ("{{}}", "{}"),
        ("{{% now %}} {{{{ name }}}}", "{% now %} {{ name }}"),
        ("{village| } trimmed ", "trimmed"),
    ],
)
def test_placeholders_are_filled_with_values(text: str, rendered: str) -> None:
    assert write(text, VALUES) == rendered


def test_values_are_never_read_as_placeholders() -> None:
    value = "{class} {{x}} {% debug %}"
    assert write("{name}", {"name": value}) == value


@pytest.mark.parametrize("values", [{}, {"name": ""}])
def test_a_missing_value_is_told_by_its_field(values: dict[str, str]) -> None:
    with pytest.raises(Unwritable) as unwritable:
        write("Dear {name}", values)
    assert unwritable.value.missing == "name"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Dear {name", "The “{” at character 6 is never closed."),
        ("Dear name}", "The “}” at character 10 has no “{” before it."),
        ("{na{name}me}", "The “{” at character 1 is never closed."),
        ("{na\nme}", "The “{” at character 1 is never closed."),
        ("a {} b", "There is no field between “{” and “}”."),
        ("a {|x} b", "There is no field between “{” and “}”."),
        ("{fee_deu}", "There is no field {fee_deu}. Did you mean {fee_due}?"),
        ("{zzz}", "You can use {name}, {number}, {date}, {fee_due}, {class}."),
        ("{name.__class__}", "There is no field {name___class__}."),
        (" ", "Write a message."),
        ("a\x07{name}", "Character 2 cannot be sent"),
        ("न" * 671 + "{name}", "This message has 11 parts"),
    ],
)
def test_a_mistake_in_a_placeholder_is_said(text: str, said: str) -> None:
    with pytest.raises(InvalidText) as refused:
        read_wording(text, KNOWN)
    assert said.replace("name___class__", "name_class") in refused.value.reason


def test_what_everyone_gets_is_put_in_once() -> None:
    wording = parse("{date}: fees of {class} are due on {date}").filled({"date": "24 Nov 2026"})
    assert wording.pieces == ("24 Nov 2026: fees of ", Slot("class"), " are due on 24 Nov 2026")
    assert not parse("On {date}").filled({"date": "x"}).is_personal


def test_a_default_is_given_to_placeholders_without_one() -> None:
    text = "{{name}} {name} {Name} {name|x} {class}"
    assert with_default(text, "name", "friend") == (
        "{{name}} {name|friend} {Name|friend} {name|x} {class}"
    )


@given(st.text(alphabet="{}|name\n ab"))
def test_every_text_is_read_or_refused_with_a_sentence(text: str) -> None:
    reason = ""
    try:
        tidied, wording = read_wording(text, KNOWN)
    except InvalidText as refused:
        reason = refused.reason
    if reason:
        assert reason.endswith((".", "?"))
    else:
        assert tidied == tidy(text)
        assert set(wording.keys) <= set(KNOWN)


@given(
    st.text(alphabet="ab €^é न\n", max_size=200),
    st.text(alphabet="ab €^é न\n👍", max_size=200),
)
def test_a_letter_is_counted_as_its_text_is(fixed: str, value: str) -> None:
    writer = Writer(parse("x" + fixed + "{class|}"), day=datetime(2026, 11, 24, tzinfo=UTC))
    letter = writer.write("", "", {"class": value})
    assert letter.text == ("x" + fixed + value).strip()
    assert letter.parts == measure(letter.text).parts


@pytest.mark.parametrize(
    "theirs",
    [
        *("{{name}}", "{{ Name }}", "((name))", "[name]", "[[name]]", "<name>", "<<name>>"),
        *("«name»", "%name%", "$name", "${name}"),
    ],
)
def test_fields_of_other_programs_are_noticed_and_written_as_ours(theirs: str) -> None:
    text = f"Dear {theirs}, come."
    assert strange(text, KNOWN) == {theirs: "{name}"}
    assert as_ours(text, KNOWN) == "Dear {name}, come."


@pytest.mark.parametrize(
    "text",
    ["Dear {name}", "[note]", "$100 or 5%", "(name)", "a < b > c", "{{brace}}", "50% off 5%"],
)
def test_what_is_no_known_field_stays_as_it_is(text: str) -> None:
    assert not strange(text, KNOWN)
    assert as_ours(text, KNOWN) == text
