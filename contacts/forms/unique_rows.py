"""Saving a form whose row must be unique, while someone else may be saving the same."""

from django.db import IntegrityError, transaction

from sociair_portal.common.bases import ModelForm


def saved(form: ModelForm) -> bool:
    """Save a valid form. False, and the form says why, if another has just made the same row."""
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
