"""The tables of what was sent, or is to be: docs/architecture.md draws them."""

from messaging.models.batch import Batch, BatchState, SentMessage, Verdict
from messaging.models.bill import BillCheck
from messaging.models.campaign import Campaign
from messaging.models.campaign_states import (
    OPEN_STATES,
    PAUSABLE_STATES,
    RESUMABLE_STATES,
    CampaignState,
    RecipientState,
)
from messaging.models.erasure import Erasure, RetentionDay
from messaging.models.event import Event, EventKind
from messaging.models.gateway import BalanceReading, Gateway, HoldKind, HoldReason
from messaging.models.link import SentLink
from messaging.models.machine import Machine
from messaging.models.people_count import CountState, PeopleChange, PeopleCount
from messaging.models.profile import NumberCode, Profile
from messaging.models.quiet_day import QuietDay
from messaging.models.recipient import LeftOut, LeftOutReason, Recipient
from messaging.models.table import RecipientTable, TableRow
from messaging.models.template import MessageTemplate

__all__ = [
    "OPEN_STATES",
    "PAUSABLE_STATES",
    "RESUMABLE_STATES",
    "BalanceReading",
    "Batch",
    "BatchState",
    "BillCheck",
    "Campaign",
    "CampaignState",
    "CountState",
    "Erasure",
    "Event",
    "EventKind",
    "Gateway",
    "HoldKind",
    "HoldReason",
    "LeftOut",
    "LeftOutReason",
    "Machine",
    "MessageTemplate",
    "NumberCode",
    "PeopleChange",
    "PeopleCount",
    "Profile",
    "QuietDay",
    "Recipient",
    "RecipientState",
    "RecipientTable",
    "RetentionDay",
    "SentLink",
    "SentMessage",
    "TableRow",
    "Verdict",
]
