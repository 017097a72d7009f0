"""Saving a form whose rows somebody else may be saving at this moment."""

from django.db import IntegrityError, transaction

from sociair_portal.common.bases import ModelForm


def saved(form: ModelForm) -> bool:
    """Save a valid form. Of two that would make the same row, one is told so like any mistake."""
    if not form.is_valid():
        return False
    try:
        with transaction.atomic():
            form.save()
    except IntegrityError:
        form.full_clean()  # now it finds the other's row, and has the words for it
        if not form.errors:
            raise
        return False
    return True
