"""Whatever a gateway makes of the token, nothing that is stored, logged or shown has it in it."""

import logging
from base64 import b64encode
from dataclasses import replace
from uuid import uuid4

import pytest
from django.apps import apps
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pytest_django import Settings

from messaging.answers.echoes import holds_secret
from messaging.answers.outcomes import Outcome
from messaging.models import SentMessage
from messaging.services.sending import dispatch
from sandbox.faults import FAULTS
from sandbox.faults.base import Fault, Received, answering
from sandbox.server import Sandbox
from sandbox.wire import Reply
from tests.conftest import Browser
from tests.messaging.answers.spellings import bodies, body_with
from tests.sending import gateway_of_a_worker, hand_over, numbers

pytestmark = pytest.mark.django_db

# The fixtures are the same portal for all examples, as for all answers of one gateway.
some = examples(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _is_varied(token: str) -> bool:
    """Half of a token of zeros is in many a sum."""
    middle = len(token) // 2
    return all(len(set(half.lower())) >= 6 for half in (token[:middle], token[middle:]))


# Not of words, which pages have as well.
varied = st.binary(min_size=18, max_size=36).map(lambda some: b64encode(some).decode())
varied = varied.filter(_is_varied)


@some
@given(varied, *bodies)
def test_no_spelling_of_a_token_is_stored_logged_or_shown(
    manager: Browser,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    token: str,
    steps: list[str],
    cut: str,
    coding: str,
) -> None:
    body = body_with(token, steps, cut, coding)

    def spoilt(call: Received) -> Reply:
        return replace(call.regular, body=body)

    monkeypatch.setitem(FAULTS, "echo-any", Fault("echo-any", "", True, answering(spoilt)))
    caplog.clear()
    caplog.set_level(logging.DEBUG, logger="urllib3")
    with Sandbox(token=token, latency=0, script=["echo-any"]) as sandbox:
        settings.SANDBOX, settings.SOCIAIR_TOKEN = False, token
        settings.SOCIAIR_BASE_URL = sandbox.url
        gateway = gateway_of_a_worker()
        campaign = hand_over(gateway, numbers(1), text=f"Hello {uuid4()}")
        assert dispatch.send_next(gateway) is dispatch.Round.CALLED
    call = SentMessage.objects.latest("pk")
    assert (call.raw, call.withheld) == ("", len(body))
    assert call.outcome in (Outcome.ACCEPTED, Outcome.UNREADABLE)
    models = [model for model in apps.get_models() if model._meta.app_label == "messaging"]
    stored = "".join(repr(row) for it in models for row in it._default_manager.values_list())
    shown = manager.get(f"{campaign.get_absolute_url()}batches/").content
    for kept in (stored.encode(), caplog.text.encode(), shown):
        assert token.encode() not in kept
        assert not holds_secret(kept, token)
