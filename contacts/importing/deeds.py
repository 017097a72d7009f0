"""What an import did, or its undoing, as a deed in the record."""

from contacts.models import ContactField, ContactImport, Group, OptOut
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.record import record
from sociair_portal.common.actors import Actor


def imported(source: ContactImport, *, stopped_by: Actor = None) -> None:
    """Record what is in the contacts now, of an import that has just ended in any way. One that has
    loaded nothing did nothing.
    """
    if not source.done:
        return
    record(
        Deed.IMPORTED,
        by=stopped_by or source.created_by,
        about=source,
        ended=source.state,
        rows=source.rows_done,
        created=source.created,
        updated=source.updated,
        unchanged=source.unchanged,
        left_out=source.rejected,
        opt_outs=OptOut.objects.filter(source=source).count(),
        groups=Group.objects.filter(source=source).count(),
        fields=ContactField.objects.filter(source=source).count(),
    )


def undone(source: ContactImport) -> None:
    """Record how far the undoing of an import came, which has just ended."""
    record(
        Deed.IMPORT_UNDONE,
        by=source.undone_by,
        about=source,
        ended=source.state,
        people=source.undone,
        kept=source.kept,
        with_opt_outs=source.undo_opt_outs,
    )
