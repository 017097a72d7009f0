"""Answers as Sociair's documentation prints them, trailing commas included."""

import pytest

from contacts.phone import Operator
from messaging.answers.classification import read_json
from messaging.answers.outcomes import Outcome
from tests.messaging.answers.answers_support import A, verdict

DOCUMENTED_SUCCESS = b"""{
  "message":"Success! SMS has been sent",
  "ntc":1,
  "ncell":0,
  "smartcell":0
}
                  """
DOCUMENTED_BALANCE = b"""{
  "balance":"19.20",
  "ntc_rate": "0.80",
  "ncell_rate": "0.80",
  "smartcell_rate": "0.80",
}
                  """
DOCUMENTED_UNAUTHENTICATED = b"""{
  "message":"Unauthenticated",
}"""
DOCUMENTED_INVALID = b"""{
  "message":"Sorry! SMS could not be sent. Invalid mobile number",
  "ntc":1,
  "ncell":0,
  "smartcell":0,
  "other":1,
  "invalid_number":[
    "984956362"
  ]
}"""


def test_the_documented_success_is_accepted() -> None:
    assert verdict(DOCUMENTED_SUCCESS, posted=(A,)).outcome is Outcome.ACCEPTED


def test_the_documented_balance_is_read() -> None:
    assert read_json(DOCUMENTED_BALANCE) == {
        "balance": "19.20",
        "ntc_rate": "0.80",
        "ncell_rate": "0.80",
        "smartcell_rate": "0.80",
    }


@pytest.mark.parametrize("status", [200, 401])
def test_the_documented_refusal_of_the_token_is_read(status: int) -> None:
    answer = verdict(DOCUMENTED_UNAUTHENTICATED, status)
    assert (answer.outcome, answer.words) == (Outcome.TOKEN_REFUSED, "Unauthenticated")


@pytest.mark.parametrize("status", [200, 400, 401, 422])
def test_the_documented_invalid_number_is_read(status: int) -> None:
    answer = verdict(DOCUMENTED_INVALID, status, posted=("984956362",))
    assert answer.outcome is Outcome.ALL_INVALID
    assert answer.invalid == {"984956362"}
    assert answer.counts == {
        Operator.NTC: 1,
        Operator.NCELL: 0,
        Operator.SMARTCELL: 0,
        Operator.OTHER: 1,
    }
