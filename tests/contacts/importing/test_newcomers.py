"""Who is told to be new at a glance would be planned as new, in the same words."""

import json
from dataclasses import replace
from typing import Any

import hypothesis.extra.django
from hypothesis import given, settings
from hypothesis import strategies as st

from contacts.fields import FieldKind
from contacts.importing.newcomers import tell_apart
from contacts.importing.options import FieldColumn, Options
from contacts.importing.plan import RowOutcome, groups_by_key, plan
from contacts.importing.rows import Row
from contacts.names import name_key
from contacts.phone import operator_of
from tests.factories import ContactFactory, GroupFactory

_MOBILES = ["9841000001", "9841000002", "+977 980-1000003", "०९८४१०००००१", "9.841E+09", "12", ""]
_NAMES = ["Sita", " SITA ", "सीता", "Ra\u200bm", "Bina  Rai", "x" * 201, "", "\u202eevil"]
_FEES = ["", "500", "Rs 1,250.50", "much", "५००", " "]
_BORN = ["", "2010-05-01", "1/5/2010", "yesterday"]
_GROUPS = ["", "Class 8", "class  8", "Hostel; HOSTEL", "y" * 101, '"A, B", C']
_ROWS = st.lists(
    st.tuples(*map(st.sampled_from, (_NAMES, _MOBILES, _FEES, _BORN, _GROUPS)), st.integers(0, 5)),
    max_size=8,
)
_OPTIONS = Options(
    numbers=(1,),
    names=(0,),
    groups=4,
    fields=(
        FieldColumn(2, "fee_due", "Fee due", FieldKind.NUMBER),
        FieldColumn(3, "born", "Born", FieldKind.DATE),
    ),
    to_groups=("Everyone",),
)


class TestNewcomers(hypothesis.extra.django.TestCase):
    @settings(max_examples=150)
    @given(_ROWS, st.booleans(), st.sampled_from([(0,), ()]))
    def test_newcomers_become_what_a_full_plan_would_make(
        self, cells: list[tuple[Any, ...]], is_known: bool, names: tuple[int, ...]
    ) -> None:
        if is_known:
            ContactFactory.create(name="Sita", mobile="9841000001")
            GroupFactory.create(name="CLASS 8")
        # Rows end where their last cell is: some are short.
        rows = [Row(n, list(some[: 5 - missing])) for n, (*some, missing) in enumerate(cells)]
        options = replace(_OPTIONS, names=names)
        groups = groups_by_key()
        newcomers, others = tell_apart(rows, options, groups)
        planned = plan(rows, options)
        rest = plan(others, options, groups=groups)

        new = {
            (one.person.mobile, one.person.key): one.person
            for one in planned
            if one.outcome is RowOutcome.CREATED and one.person is not None
        }
        for name, key, mobile, operator, fields in newcomers.people:
            person = new.pop((mobile, key))
            assert (name, operator) == (person.name, operator_of(mobile).value)
            assert json.loads(fields) == person.fields
            joins = newcomers.joins.get((mobile, key), frozenset())
            assert set(map(name_key, joins)) == set(map(name_key, person.joins))
        # The others become what they would have become anyway.
        told = len(newcomers.people)
        assert len(others) + told == len(rows)
        assert [one.outcome for one in rest] == [
            one.outcome for one in planned if one.row in others
        ]
