"""Many values as one parameter find what `__in` finds."""

import pytest

from contacts.models import Contact
from sociair_portal.common.any_of import AnyOf
from tests.factories import ContactFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("count", [0, 1, 3000])
def test_any_of_finds_what_in_finds(count: int) -> None:
    people = ContactFactory.create_batch(5)
    wanted = [f"98419{number:05d}" for number in range(count)] + [people[2].mobile] * bool(count)
    found = Contact.objects.filter(AnyOf("mobile", wanted))
    assert list(found) == list(Contact.objects.filter(mobile__in=wanted))
    assert list(found.exclude(pk=people[2].pk)) == []


def test_any_of_takes_odd_values_literally() -> None:
    ContactFactory.create(name='O\'Neil, "x" {1}')
    odd = ['O\'Neil, "x" {1}', "'); DROP TABLE contacts_contact; --", "%s", "NULL", ""]
    assert Contact.objects.filter(AnyOf("name", odd)).count() == 1


def test_any_of_makes_one_parameter_of_many_values() -> None:
    found = Contact.objects.filter(AnyOf("mobile", map(str, range(9))))
    sql, params = found.query.sql_with_params()
    assert sql.count("%s") == len(params) == 1
