"""Opt-outs among the recipients of a campaign: who is left out, and how that is said."""

from dataclasses import dataclass

from django.utils.timezone import localtime

from contacts.models import OptOut
from contacts.services import forgotten
from sociair_portal.common.any_of import AnyOf
from sociair_portal.common.sentences import noted


def opt_outs_of(mobiles: list[str]) -> dict[str, OptOut]:
    """The opt-outs among sorted numbers, by their number.

    There are few of them as a rule, so that those between the first number and the last are read
    sooner than all of the numbers are sent to the database.
    """
    if not mobiles:
        return {}
    all_opt_outs = OptOut.objects.select_related("created_by")
    between = all_opt_outs.filter(mobile__gte=mobiles[0], mobile__lte=mobiles[-1])
    found = list(between[: len(mobiles)])
    if len(found) == len(mobiles):
        found = list(all_opt_outs.filter(AnyOf("mobile", mobiles)))
    return {one.mobile: one for one in found}


@dataclass(frozen=True, slots=True)
class Barred:
    """Why a number must get no message, in words. Of one whose person was anonymised nothing is
    written down.
    """

    words: str
    is_forgotten: bool = False


def must_not_be_texted(mobiles: list[str]) -> dict[str, Barred]:
    """Those among sorted numbers that must get no message, by their number: they are opted out, or
    their person was anonymised.
    """
    found = {mobile: Barred(sentence(one)) for mobile, one in opt_outs_of(mobiles).items()}
    nameless = Barred(forgotten.sentence(), is_forgotten=True)
    return found | dict.fromkeys(forgotten.among(mobiles), nameless)


def sentence(opt_out: OptOut) -> str:
    """Since when, by whom and why."""
    by = opt_out.created_by
    since, reason = localtime(opt_out.created_at).date(), opt_out.reason
    name = "" if by is None else by.get_username()
    if reason and name:
        return noted(
            "Opted out on %(day)s (entered by %(name)s): %(reason)s",
            day=since,
            name=name,
            reason=reason,
        )
    if reason:
        return noted("Opted out on %(day)s: %(reason)s", day=since, reason=reason)
    if name:
        return noted("Opted out on %(day)s (entered by %(name)s).", day=since, name=name)
    return noted("Opted out on %(day)s.", day=since)
