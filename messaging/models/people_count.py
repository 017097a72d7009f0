"""Counts of many people that the worker makes and remembers, and the mark of what they are of."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from messaging.models.campaign import Campaign


class CountState(models.TextChoices):
    ASKED = "asked", _("Requested")
    RUNNING = "running", _("Being counted")
    DONE = "done", _("Counted")
    GIVEN_UP = "given_up", _("Could not be counted")


class PeopleCount(models.Model):
    """What a draft's review has to say of its people, or how many people an audience has.

    It holds no names, numbers or texts: only counts, keys of rows that are to be shown, and of a
    review the mark that is signed. That one is made of numbers, so all counts go when someone is
    anonymised.
    """

    # What is counted: a draft, or who was chosen; each has one row.
    key = models.CharField(max_length=80, unique=True, editable=False)
    # The draft whose review it is; without one, the groups, contacts or table of `audience`.
    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, null=True, editable=False, related_name="+"
    )
    audience = models.JSONField(default=dict, editable=False)
    # Of all that the result depends on, as it was when the count began.
    mark = models.CharField(max_length=64, editable=False)
    state = models.CharField(max_length=8, choices=CountState.choices, default=CountState.ASKED)
    # Rises with each request and each beginning, so that whoever was overtaken changes nothing.
    run = models.PositiveIntegerField(default=0, editable=False)
    counted = models.PositiveIntegerField(default=0, editable=False)
    most = models.PositiveIntegerField(default=0, editable=False)
    result = models.JSONField(default=dict, editable=False)
    # When the worker was last woken for it, and when it last got on with it.
    woken_at = models.DateTimeField(null=True, editable=False)
    worked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("count of people")
        verbose_name_plural = _("counts of people")
        default_permissions = ()

    def __str__(self) -> str:
        return self.key

    @property
    def is_done(self) -> bool:
        return self.state == CountState.DONE

    @property
    def is_given_up(self) -> bool:
        return self.state == CountState.GIVEN_UP


class PeopleChange(models.Model):
    """How often contacts, memberships, fields or opt-outs have changed: the sum of the weights.

    Triggers of the database write it (migration 0017), within the transaction of the change. On
    PostgreSQL every statement adds a row, so that nobody waits for anyone.
    """

    weight = models.BigIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("change of people")
        verbose_name_plural = _("changes of people")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.weight)
