"""Campaigns as addresses name them: what somebody may not see is not found, as if it was not there.

Every view that takes a campaign's number gets the campaign from here.
"""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from messaging.models import Campaign
from messaging.services.campaigns import rights


def visible_campaign(request: HttpRequest, pk: int) -> Campaign:
    """A campaign that was sent or scheduled, or a draft of the user's own."""
    found = Campaign.objects.visible_to(request.user.pk)
    return get_object_or_404(found.select_related("gateway", "created_by", "follows"), pk=pk)


def handed_over_campaign(request: HttpRequest, pk: int) -> Campaign:
    """A campaign that was sent or scheduled: no draft, not even the user's own."""
    found = Campaign.objects.handed_over()
    return get_object_or_404(found.select_related("gateway", "created_by", "follows"), pk=pk)


def own_draft(request: HttpRequest, pk: int) -> Campaign:
    """A draft of the user's own."""
    found = Campaign.objects.drafts_of(request.user.pk)
    return get_object_or_404(found.select_related("gateway", "created_by"), pk=pk)


def controlled_campaign(request: HttpRequest, pk: int) -> Campaign:
    """A campaign that the user may pause, move or cancel. Others are told who may."""
    campaign = handed_over_campaign(request, pk)
    if not rights.may_control(request.user, campaign):
        raise PermissionDenied(rights.who_may_control(campaign))
    return campaign


def titled_campaign(request: HttpRequest, pk: int) -> Campaign:
    """A draft of the user's own, or a campaign whose title the user may change. Others are told who
    may.
    """
    campaign = visible_campaign(request, pk)
    if not rights.may_control(request.user, campaign):
        raise PermissionDenied(rights.who_may_title(campaign))
    return campaign


def followed_campaign(request: HttpRequest, pk: int) -> Campaign:
    """A campaign that the user may follow up. Others are told who may."""
    campaign = handed_over_campaign(request, pk)
    if not rights.may_control(request.user, campaign):
        raise PermissionDenied(rights.who_may_follow(campaign))
    return campaign
