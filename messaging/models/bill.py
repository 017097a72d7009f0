"""What the check of a campaign's bill found, kept once nothing can change it by itself any more."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from messaging.models.campaign import Campaign
from messaging.models.gateway import BalanceReading


class BillCheck(models.Model):
    """Holds as long as `mark` is the mark of its gateway's bills (`services/gateway/bills.py`)."""

    campaign = models.OneToOneField(
        Campaign,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="bill_check",
        verbose_name=_("campaign"),
    )
    mark = models.BigIntegerField()
    # Where the counts differ: operator, ours, theirs, rupees. And by operator the rates signed for.
    lines = models.JSONField(default=list)
    signed = models.JSONField(default=dict)
    # The balance around it, where that disagrees.
    before = models.ForeignKey(
        BalanceReading, on_delete=models.CASCADE, null=True, related_name="+", db_index=False
    )
    after = models.ForeignKey(
        BalanceReading, on_delete=models.CASCADE, null=True, related_name="+", db_index=False
    )
    explained = models.DecimalField(max_digits=14, decimal_places=4, null=True)

    class Meta:
        verbose_name = _("bill check")
        verbose_name_plural = _("bill checks")

    def __str__(self) -> str:
        return str(self.campaign_id)
