"""Noticing a restored backup: the database is older than what this machine knows."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.models import Gateway, HoldKind, HoldReason, Machine
from messaging.services.gateway import doubts, holds, machines, slot_record
from sociair_portal.common.sentences import noted_label


def notice(gateway: Gateway) -> None:
    """Hold for a person, and let the database know what this machine knows."""
    doubts.doubt_all(gateway, why=noted_label(HoldReason.RESTORED.label))
    with transaction.atomic():
        found = Gateway.objects.select_for_update(no_key=True).get(pk=gateway.pk)
        record = slot_record.read(found)
        if record is None or not machines.is_set_back(found, record):
            return  # another process of this machine was faster
        missing = max(record.slot - found.calls, 0)
        # Several machines may know of more, one after the other.
        Gateway.objects.filter(pk=found.pk).update(
            calls=found.calls + missing, unknown_calls=found.unknown_calls + missing
        )
        holds.hold(found, HoldKind.PERSON, HoldReason.RESTORED)
        for key in filter(None, (record.machine, *record.others)):
            # Those that the backup had not known yet are asked as well: they may have sent.
            Machine.objects.get_or_create(
                gateway=found,
                key=key,
                defaults={"name": _("Not in the backup"), "vouched_at": timezone.now()},
            )
        here = Machine.objects.filter(gateway=found, key__in=filter(None, [record.machine]))
        here.update(seen_at=timezone.now())
