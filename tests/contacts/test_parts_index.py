"""SQLite finds parts of names and numbers by a table that is always right."""

from typing import Any

import pytest
from django.db import connection
from django.db.models import Q
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from contacts.models import Contact
from contacts.services import parts_index
from contacts.services.search import find_contacts
from tests.factories import ContactFactory


def check() -> None:
    """Raises where the table and the contacts differ."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO contacts_parts (contacts_parts, rank) VALUES ('integrity-check', 1)"
        )


@pytest.mark.django_db
def test_the_table_follows_every_change() -> None:
    sita = ContactFactory.create(name="Sita Rai", mobile="9841000001")
    ContactFactory.create_batch(5)
    check()
    Contact.objects.filter(pk=sita.pk).update(name_key="gitarai", mobile="9841999999")
    check()
    assert parts_index.few_that_may_fit(Q(name_key__contains="gita")) == [sita.pk]
    assert parts_index.few_that_may_fit(Q(name_key__contains="sita")) == []
    Contact.objects.filter(pk=sita.pk).update(fields={"class": "9"})
    check()
    Contact.objects.filter(pk=sita.pk).delete()
    check()
    assert parts_index.few_that_may_fit(Q(mobile__contains="999999")) == []


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["a", "98", "9", "é"])
def test_a_text_without_a_whole_part_is_looked_for_in_every_row(text: str) -> None:
    ContactFactory.create(name="Sita Rai", mobile="9841000001")
    assert parts_index.few_that_may_fit(Q(name_key__contains=text)) is None


@pytest.mark.django_db
def test_many_are_met_in_the_order_of_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts_index, "_FEW", 2)
    ContactFactory.create_batch(3, name="Sita")
    assert parts_index.few_that_may_fit(Q(name_key__contains="sita")) is None
    assert find_contacts(Contact.objects.all(), "sita").count() == 3


_NAMES = st.text("aisrt\"'*^-सीता 9", min_size=1, max_size=12).filter(str.strip)


class Searches(TestCase):
    @given(st.lists(_NAMES, max_size=8), _NAMES)
    def test_they_find_the_same_with_the_table_and_without(
        self, names: list[str], typed: str
    ) -> None:
        for place, name in enumerate(names):
            ContactFactory.create(name=name, mobile=f"98419{place:05d}")
        assert self._found(typed) == self._found(typed, table=False)
        check()

    @staticmethod
    def _found(typed: str, *, table: bool = True) -> list[Any]:
        with pytest.MonkeyPatch.context() as patch:
            if not table:
                patch.setattr(parts_index, "_is_there", lambda: False)
            return sorted(find_contacts(Contact.objects.all(), typed).values_list("pk", flat=True))
