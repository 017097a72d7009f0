"""The addresses of one campaign, out of the list of all addresses."""

from messaging import urls


def of_a_campaign() -> set[str]:
    """Their names; each takes the campaign's number and nothing else."""
    return {
        str(pattern.name)
        for pattern in urls.urlpatterns
        if str(pattern.pattern).startswith("campaigns/<int:pk>/")
    }


def without_a_number() -> set[str]:
    """The names of all other pages of messages that can be opened as they are."""
    return {str(pattern.name) for pattern in urls.urlpatterns if "<" not in str(pattern.pattern)}
