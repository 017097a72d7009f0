"""A sandbox gateway: Sociair's documented API over real HTTP, where nothing is really sent.

It needs the standard library only, and shares neither code nor database with the portal: its ledger
is what the portal is judged by.
"""
