"""So many messages to one number each, handed over one after another."""

from benchmarks import inside  # isort: skip  # noqa: F401  # before anything of the portal

import json
import sys
import time
import uuid

from benchmarks.priority import pace
from messaging import tasks
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import drafts, handover
from messaging.services.campaigns.review import review_of
from messaging.services.gateway import holds
from messaging.services.money import balance


def main(messages: int) -> None:
    gateway = holds.current_gateway()
    handed = []
    for place in range(messages):
        draft = drafts.save_draft(
            form_uuid=uuid.uuid4(),
            text="Your child is well and waits at the gate.",
            audience=Audience(numbers=f"985{7_000_000 + place:07d}"),
            gateway=gateway,
            by=None,
        )
        seen = review_of(draft, balance.read_balance(gateway))
        handed.append(time.time())
        handover.hand_over(draft, reviewed=handover.Reviewed.of(draft, seen), by=None)
        tasks.kick(1)
        pace()
    print(json.dumps({"handed_over": handed}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
