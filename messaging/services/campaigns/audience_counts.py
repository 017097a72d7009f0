"""How many people a large audience has, counted once and remembered while nobody changes."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from contacts.phone import Operator
from messaging.models import CountState, PeopleCount
from messaging.services.audience.changes import people_mark
from messaging.services.audience.choice import Audience, check
from messaging.services.audience.counts import Chosen, count_chosen, most_people
from messaging.services.campaigns.kept_counts import kept, mark_of
from messaging.services.money import rules


def count_of(audience: Audience) -> PeopleCount:
    """The count of an audience's groups, contacts or table; whatever the text, and without pasted
    numbers. Raises `GroupGone`.
    """
    check(audience)
    chosen = _chosen_only(audience)
    return kept(_key(chosen), audience_mark(), most_people(audience), audience=chosen)


def _key(chosen: dict[str, Any]) -> str:
    content = json.dumps(chosen, sort_keys=True)
    return f"audience/{hashlib.sha256(content.encode()).hexdigest()}"


def audience_mark() -> str:
    """Of all that changes how many people an audience has."""
    return mark_of([rules.fingerprint_of_rules()], [people_mark()])


def _chosen_only(audience: Audience) -> dict[str, Any]:
    return replace(audience, numbers="", preferred=(), first=False, again=False).to_json()


def to_json(chosen: Chosen) -> dict[str, Any]:
    people = {operator.value: count for operator, count in chosen.people.items()}
    return {"people": people, "entries": chosen.entries}


def from_json(found: dict[str, Any]) -> Chosen:
    people = Counter({Operator(value): count for value, count in found["people"].items()})
    return Chosen(people, found["entries"])


def remembered_or_counted(audience: Audience, *, seen: Callable[[int], None]) -> Chosen:
    """What is remembered, if it holds; else counted now, step by step."""
    done = PeopleCount.objects.filter(
        key=_key(_chosen_only(audience)), mark=audience_mark(), state=CountState.DONE
    ).first()
    return from_json(done.result) if done is not None else count_chosen(audience, seen=seen)
