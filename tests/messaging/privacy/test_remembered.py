"""Forgotten numbers outlive a backup that is put back, because a machine remembers them."""

from pathlib import Path

import pytest
from pytest_django import Settings

from contacts.models import Contact, ForgottenNumber
from contacts.services import forgotten
from messaging.models import Erasure, Gateway
from messaging.services.privacy import erasing, remembered
from messaging.services.sending import upkeep
from tests.factories import ContactFactory
from tests.messaging.privacy.people import NAME, OTHER, SITA, written_down
from tests.sending import hand_over, send_all, states

pytestmark = pytest.mark.django_db


def forget(mobile: str) -> None:
    assert erasing.go_on_with(erasing.begin(mobile, by=None, reason=""))


def put_back_a_backup() -> None:
    """As the database was before anyone was forgotten."""
    ForgottenNumber.objects.all().delete()
    Erasure.objects.all().delete()
    ContactFactory.create(name=NAME, mobile=SITA)


def test_whoever_comes_back_with_a_backup_is_forgotten_again(gateway: Gateway) -> None:
    forget(SITA)
    upkeep.sweep(gateway)
    put_back_a_backup()

    upkeep.sweep(gateway)
    for erasure in erasing.waiting():
        erasing.go_on_with(erasure)

    assert written_down() == {}
    campaign = hand_over(gateway, [SITA, OTHER])
    send_all(gateway)
    assert states(campaign) == {OTHER: "accepted"}


def test_whoever_asked_for_messages_again_is_not_brought_back_by_the_file(
    gateway: Gateway,
) -> None:
    forget(SITA)
    remembered.compare()
    assert erasing.let_back(SITA, by=None)
    assert not erasing.let_back(SITA, by=None)

    assert remembered.compare() == 0

    ContactFactory.create(mobile=SITA)
    assert remembered.again() == 0
    campaign = hand_over(gateway, [SITA])
    send_all(gateway)
    assert states(campaign) == {SITA: "accepted"}
    assert Contact.objects.exists()


def test_a_machine_with_an_empty_folder_learns_what_the_database_knows(
    gateway: Gateway, state_dir: Path
) -> None:
    forget(SITA)

    assert remembered.compare() == 0

    file = state_dir / "forgotten"
    assert file.stat().st_mode & 0o777 == 0o600
    assert SITA not in file.read_text()
    assert ForgottenNumber.objects.get().fingerprint in file.read_text()


def test_someone_who_is_let_back_can_be_forgotten_again(gateway: Gateway) -> None:
    forget(SITA)
    erasing.let_back(SITA, by=None)

    forget(SITA)

    assert forgotten.among([SITA, OTHER]) == {SITA}


def test_a_wrong_key_takes_nothing_out_of_the_file(
    gateway: Gateway, state_dir: Path, settings: Settings
) -> None:
    forget(SITA)
    remembered.compare()
    with_the_key = (state_dir / "forgotten").read_text()
    settings.FINGERPRINT_KEY = "another"
    forgotten.forget(OTHER)

    remembered.compare()

    lines = (state_dir / "forgotten").read_text().splitlines(keepends=True)
    assert len(lines) == 2
    assert with_the_key in lines


def test_a_look_that_was_cut_off_is_taken_up_again(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget(SITA)
    upkeep.sweep(gateway)
    put_back_a_backup()
    with monkeypatch.context() as patch:
        patch.setattr(remembered, "begin_again", _killed)
        with pytest.raises(KeyboardInterrupt):
            remembered.compare()

    assert remembered.compare() == 1
    for erasure in erasing.waiting():
        erasing.go_on_with(erasure)
    assert written_down() == {}
    assert remembered.compare() == 0


def _killed(_mobile: str) -> None:
    raise KeyboardInterrupt
