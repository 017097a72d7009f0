"""What the portal explains about itself: a page for each part of the menu, and for what puzzles."""

from typing import Final

from sociair_portal.help_pages import office, sending
from sociair_portal.help_pages.kinds import Page

PAGES: Final = (*sending.PAGES, *office.PAGES)
BY_SLUG: Final = {page.slug: page for page in PAGES}


def page_about(path: str) -> Page | None:
    """The page that explains an address: the one whose beginning of it is the longest."""
    fitting = (
        (len(beginning), page)
        for page in PAGES
        for beginning in page.about
        if path.startswith(beginning)
    )
    return max(fitting, key=lambda it: it[0], default=(0, None))[1]
