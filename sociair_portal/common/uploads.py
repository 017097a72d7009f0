"""Which addresses take a file, from whom, and how large it may be."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import BadRequest
from django.core.files.uploadhandler import FileUploadHandler, TemporaryFileUploadHandler
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

View = TypeVar("View", bound=Callable[..., HttpResponseBase])

# Bytes that a request may have from anyone; for what is larger one must be signed in.
SMALL_BODY: Final = 64 * 1024
_PERMISSIONS: Final = "permissions_for_file"


def takes_a_file(*permissions: str) -> Callable[[View], View]:
    """A view for those with these permissions, and the only kind that takes a file: without them
    nothing of it is read (`sociair_portal.bodies`).
    """

    def marked(view: View) -> View:
        guarded = permission_required(permissions, raise_exception=True)(view)
        setattr(guarded, _PERMISSIONS, permissions)
        return guarded

    return marked


def permissions_for_file(view: object) -> tuple[str, ...] | None:
    """Those that someone must have from whom a view takes a file; None if it takes none."""
    found: tuple[str, ...] | None = getattr(view, _PERMISSIONS, None)
    return found


def most_bytes() -> int:
    """How large a file may be."""
    return int(settings.IMPORT_MAX_MB) * 1024**2


def too_large() -> str:
    """What is wrong with a larger one, and what to do."""
    said = _(
        "This file is larger than %(most)d MB. Split it into several files, or save it as CSV."
    )
    return said % {"most": settings.IMPORT_MAX_MB}


class NoFiles(FileUploadHandler):
    """For all other addresses: refuses a file before any of it is kept."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        raise BadRequest("A file was sent to an address that takes none")


class OneFile(TemporaryFileUploadHandler):
    """Keeps a file on the disk while its request is answered."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.file: Any = None

    def drop(self) -> None:
        """Remove the file, also one that has not come to its end."""
        if self.file is not None:
            self.file.close()
