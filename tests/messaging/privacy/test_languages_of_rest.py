"""What is left of a sentence about someone who is anonymised still reads in every language."""

from pathlib import Path

import pytest
from django.db import connection
from django.utils import translation

from contacts.models import RejectedRow
from messaging.models import Gateway
from messaging.services.privacy.erasing import begin, go_on_with
from tests.factories import ContactFactory
from tests.importing import csv_file, imported

pytestmark = pytest.mark.django_db

_HERS = "9841234567"
_ROWS = f'Name,Mobile\nSita,9841000001\nRam,"{_HERS}, 9841000002"\n'


@pytest.mark.parametrize("language", ["en", "ne"])
def test_the_number_goes_out_of_a_reason_and_the_reason_stays(
    gateway: Gateway, tmp_path: Path, language: str
) -> None:
    with translation.override(language):
        imported(csv_file(tmp_path / "people.csv", _ROWS))
    ContactFactory.create(mobile=_HERS)
    assert "984-1234567, 984-1000002" in RejectedRow.objects.get().reason

    assert go_on_with(begin(_HERS, by=None, reason="Asked."))

    reason = RejectedRow.objects.get().reason
    said = "This cell has several numbers: (number removed), 984-1000002. Put each in its own row."
    assert reason == said
    with translation.override("ne"):
        assert "This cell" not in RejectedRow.objects.get().reason
    with connection.cursor() as cursor:
        cursor.execute("SELECT reason FROM contacts_rejectedrow")
        ((stored,),) = cursor.fetchall()
    assert "1234567" not in stored
