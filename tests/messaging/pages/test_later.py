"""Sending later: chosen at the review, or by a script."""

import json
import uuid
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from huey.contrib.djhuey import HUEY
from pytest_django import DjangoCaptureOnCommitCallbacks

from messaging.models import Campaign, CampaignState, Gateway
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import drafts
from sandbox.server import Sandbox
from tests.conftest import Browser
from tests.sending import reading

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(sender: Browser, gateway: Gateway) -> Campaign:
    reading(gateway)
    return drafts.save_draft(
        form_uuid=uuid.uuid4(),
        text="Exams begin on Sunday.",
        audience=Audience(numbers="9841234567"),
        gateway=gateway,
        by=sender.user,
    )


def _schedule(sender: Browser, draft: Campaign, at: str) -> Any:
    address = reverse("messaging:review", args=[draft.pk])
    signed = sender.get(address).context["signed"]
    page = sender.post(address, {"signed": signed, "later": "1", "at": at}, follow=True)
    draft.refresh_from_db()
    return page


def test_a_message_is_scheduled_at_the_review(
    sender: Browser,
    draft: Campaign,
    sandbox: Sandbox,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    at = timezone.localtime() + timedelta(hours=3)
    HUEY.storage.flush_all()
    with django_capture_on_commit_callbacks(execute=True):
        _schedule(sender, draft, f"{at:%Y-%m-%dT%H:%M}")
    assert draft.state == CampaignState.SCHEDULED
    assert draft.scheduled_for == at.replace(second=0, microsecond=0)
    woken = [task.eta for task in HUEY.scheduled()] + [
        HUEY.deserialize_task(data).eta for data in HUEY.storage.enqueued_items()
    ]
    assert any(eta is not None for eta in woken)
    assert sandbox.requests() == []


@pytest.mark.parametrize(
    ("at", "sentence"),
    [
        ("", "Enter the date and time"),
        ("soon", "Enter the date and time"),
        ("2020-01-01T10:00", "This time has passed"),
        ("2999-01-01T10:00", "within the next year"),
    ],
)
def test_a_wrong_time_schedules_nothing(
    at: str, sentence: str, sender: Browser, draft: Campaign
) -> None:
    page = _schedule(sender, draft, at)
    assert draft.state == CampaignState.DRAFT
    assert page.content.decode().count(sentence) == (2 if at else 1)  # beside the field as well
    assert f'value="{at}" aria-describedby="at-errors"' in page.content.decode() or not at


def test_a_script_schedules_a_message(gateway: Gateway, sandbox: Sandbox) -> None:
    out = StringIO()
    at = timezone.localtime() + timedelta(days=1)
    arguments = ["--message", "Exams begin.", "--to", "9841234567", "--at", f"{at:%Y-%m-%d %H:%M}"]
    call_command("send_sms", *arguments, stdout=out)
    assert json.loads(out.getvalue())["state"] == CampaignState.SCHEDULED
