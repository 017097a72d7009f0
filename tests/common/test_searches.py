"""What narrows a list."""

import pytest
from django import forms

from sociair_portal.common.searches import SearchField, SearchForm


class FruitForm(SearchForm):
    folded_names = ("ripe",)

    q = SearchField(label="Name")
    ripe = forms.ChoiceField(required=False, choices=[("", "Any"), ("yes", "Ripe")])


@pytest.mark.parametrize(
    ("chosen", "is_narrowed"),
    [
        ({}, False),
        ({"q": "", "ripe": ""}, False),
        ({"q": "  "}, False),
        ({"q": "mango"}, True),
        ({"ripe": "yes"}, True),
        ({"ripe": "no such"}, True),
        ({"page": "2"}, False),
    ],
)
def test_a_list_is_narrowed_by_what_was_chosen(chosen: dict[str, str], is_narrowed: bool) -> None:
    assert FruitForm(chosen).is_narrowed is is_narrowed


def test_some_fields_are_folded_away_until_they_are_chosen() -> None:
    search = FruitForm({"q": "mango"})
    assert [field.name for field in search.unfolded] == ["q"]
    assert [field.name for field in search.folded] == ["ripe"]
    assert not search.is_opened
    assert FruitForm({"ripe": "yes"}).is_opened
