"""Limiting uploads before they fill the disk, so that the page can say so."""

from django.conf import settings
from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler
from django.http import HttpRequest

_MARK = "sociair_portal.too_large"


class BoundedUploadHandler(TemporaryFileUploadHandler):
    """Takes no more of a file than IMPORT_MAX_MB; the rest is read and thrown away."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if start + len(raw_data) > settings.IMPORT_MAX_MB * 1024**2:
            if self.request is not None:
                self.request.META[_MARK] = True
            raise SkipFile
        super().receive_data_chunk(raw_data, start)


def was_too_large(request: HttpRequest) -> bool:
    """Whether a file of this request was larger than IMPORT_MAX_MB."""
    return _MARK in request.META
