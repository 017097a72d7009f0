"""Inserting many rows at once."""

import pytest

from contacts.models import Group
from sociair_portal.common.bulk_rows import insert_rows
from tests.factories import GroupFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("count", [0, 1, 400, 1001])
def test_rows_are_inserted_in_their_order(count: int) -> None:
    names = [f"Group {place:04}" for place in range(count)]
    moment = GroupFactory.create().created_at
    Group.objects.all().delete()
    insert_rows(Group, ["name", "created_at"], [(name, moment.isoformat(" ")) for name in names])
    assert list(Group.objects.order_by("id").values_list("name", flat=True)) == names
