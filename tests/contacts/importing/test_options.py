"""Options and facts of imports, as earlier versions of the portal kept them."""

from contacts.importing.facts import Facts
from contacts.importing.options import Options, TypedColumn
from contacts.preeti import Font

OLD = {"numbers": [1], "names": [0], "fields": [], "existing": "update", "to_groups": []}


def test_options_from_before_words_of_a_font_could_stay_are_read() -> None:
    assert Options.from_json({**OLD, "fonts": []}).typed == ()
    options = Options.from_json({**OLD, "fonts": [[0, "preeti"]]})
    assert options.typed == (TypedColumn(0, Font.PREETI, either=True),)
    assert options.fonts == {0: Font.PREETI}
    assert Options.from_json(options.to_json()) == options


def test_facts_that_are_not_counted_any_more_are_left_out() -> None:
    assert Facts.from_json({"filled": 3, "typed": 2, "typeable": 3}) == Facts(filled=3, typed=2)
