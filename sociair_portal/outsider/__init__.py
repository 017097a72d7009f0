"""Tries at a running portal what a stranger would: `python -m sociair_portal.outsider URL`.

It needs Python and an address, nothing of the portal's settings or packages, so that it can be run
from another machine, through whatever proxies stand in between.
"""
