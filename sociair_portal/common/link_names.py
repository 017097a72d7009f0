"""What the links between records are called that Django makes: in the language of whoever looks.
Django fixes their names when it starts.
"""

from django.apps import apps
from django.db.models import ForeignKey, Model
from django.utils.functional import lazy
from django.utils.translation import gettext as _


def name_links() -> None:
    """Once, when everything is loaded."""
    for link in apps.get_models(include_auto_created=True):
        if link._meta.auto_created:
            link._meta.verbose_name = lazy(_one, str)(link)
            link._meta.verbose_name_plural = lazy(_many, str)(link)


def _one(link: type[Model]) -> str:
    return _("link between %(one)s and %(other)s") % _ends(link)


def _many(link: type[Model]) -> str:
    return _("links between %(one)s and %(other)s") % _ends(link)


def _ends(link: type[Model]) -> dict[str, str]:
    one, other = (
        str(field.related_model._meta.verbose_name)
        for field in link._meta.concrete_fields
        if isinstance(field, ForeignKey)
    )
    return {"one": one, "other": other}
