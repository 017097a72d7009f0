"""What a request brings along is judged before any of it is read."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django import Settings

from contacts.models import ContactImport
from sociair_portal.common.uploads import SMALL_BODY, permissions_for_file
from tests.conftest import Browser
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

UPLOAD = "/contacts/import/"
TABLE = "/compose/table/"
SIGN_IN = "/account/sign-in/"
CSV = b"Name,Mobile\nSita Rai,9841000001\n"
LONG = 2 * SMALL_BODY


class Unread:
    """A body that nobody may look at."""

    def read(self, *_size: int) -> bytes:
        raise AssertionError("It was read.")

    readline = read


class CutOff(BytesIO):
    """A body whose client goes away after what is here."""

    def read(self, size: int | None = -1, /) -> bytes:
        if found := super().read(size):
            return found
        raise ConnectionResetError


def posted(client: Client, path: str, size: int = LONG, **more: Any) -> Any:
    """A form with files, of a size, of which nothing may be read, not even to find its token."""
    client.handler.enforce_csrf_checks = True
    client.cookies["csrftoken"] = "a" * 32
    extra: dict[str, Any] = {"wsgi.input": Unread(), "CONTENT_LENGTH": str(size)} | more
    return client.generic("POST", path, b"-", content_type=MULTIPART_CONTENT, **extra)


def a_file(content: bytes = CSV) -> SimpleUploadedFile:
    return SimpleUploadedFile("students.csv", content)


def kept(settings: Settings) -> list[Path]:
    return list(Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir())


@pytest.fixture(autouse=True)
def temporary(settings: Settings, tmp_path: Path) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "temporary"
    settings.FILE_UPLOAD_TEMP_DIR.mkdir()


@pytest.mark.parametrize("path", [UPLOAD, TABLE, "/compose/", "/contacts/new/"])
def test_nothing_is_read_of_somebody_who_has_not_signed_in(client: Client, path: str) -> None:
    answer = posted(client, path)
    assert answer.headers["Location"] == f"{SIGN_IN}?next={path}"


def test_a_stranger_may_send_no_more_than_a_small_form(client: Client) -> None:
    answer = posted(client, SIGN_IN, SMALL_BODY + 1)
    assert answer.status_code == 413
    assert "This is too large" in answer.text
    with pytest.raises(AssertionError, match="It was read"):
        posted(client, SIGN_IN, SMALL_BODY)


def test_a_file_of_a_stranger_is_not_kept(client: Client, settings: Settings) -> None:
    answer = client.post(SIGN_IN, {"username": "meera", "password": a_file()})
    assert answer.status_code == 400
    assert not kept(settings)


@pytest.mark.parametrize("path", ["/compose/", "/groups/new/", "/account/password/"])
def test_other_addresses_take_no_file(manager: Browser, path: str, settings: Settings) -> None:
    answer = manager.post(path, {"name": "Class 9", "file": a_file()})
    assert answer.status_code == 400
    assert not kept(settings)


@pytest.mark.parametrize("path", [UPLOAD, TABLE])
def test_nothing_is_read_of_somebody_who_may_give_no_file(client: Client, path: str) -> None:
    reader = UserFactory.create()
    reader.user_permissions.add(Permission.objects.get(codename="view_contact"))
    client.force_login(reader)
    assert posted(client, path).status_code == 403
    assert client.get(path).status_code == 403


@pytest.mark.parametrize("path", [UPLOAD, TABLE])
def test_too_large_a_file_is_refused_unread(sender: Browser, path: str, settings: Settings) -> None:
    settings.IMPORT_MAX_MB = 3
    answer = posted(sender, f"{path}?draft=1", 3 * 1024**2 + SMALL_BODY + 1)
    assert answer.status_code == 413
    assert (
        "This file is larger than 3 MB. Split it into several files, or save it as CSV."
        in answer.text
    )
    assert f'href="{path}?draft=1"' in answer.text
    with pytest.raises(AssertionError, match="It was read"):
        posted(sender, path, 3 * 1024**2 + SMALL_BODY)


def test_too_much_text_is_refused_unread(sender: Browser, settings: Settings) -> None:
    answer = posted(sender, "/compose/", settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
    assert answer.status_code == 413
    assert "Nothing was saved or sent." in answer.text


def test_a_body_of_unknown_size_is_refused_unread(sender: Browser) -> None:
    chunked: dict[str, Any] = {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}
    assert posted(sender, UPLOAD, **chunked).status_code == 411


def test_a_request_brings_one_file(sender: Browser, settings: Settings) -> None:
    answer = sender.post(UPLOAD, {"file": a_file(), "other": a_file()})
    assert answer.status_code == 400
    assert not ContactImport.objects.exists()
    assert not kept(settings)


@pytest.fixture
def careful(sender: Browser) -> Client:
    """Someone signed in, whose requests must prove that they are no forgery."""
    careful = Client(enforce_csrf_checks=True)
    careful.cookies = sender.cookies
    return careful


def test_a_forged_upload_from_another_site_is_not_read(careful: Client) -> None:
    assert posted(careful, UPLOAD, HTTP_ORIGIN="https://elsewhere.example").status_code == 403


def test_an_upload_must_prove_that_it_is_no_forgery(careful: Client, settings: Settings) -> None:
    careful.get(UPLOAD)
    token = careful.cookies["csrftoken"].value
    assert careful.post(UPLOAD, {"file": a_file()}).status_code == 403
    assert not ContactImport.objects.exists()
    assert not kept(settings)
    careful.post(UPLOAD, {"csrfmiddlewaretoken": token, "file": a_file()})
    assert ContactImport.objects.count() == 1
    assert not kept(settings)


def test_a_file_that_does_not_come_to_its_end_is_removed(
    careful: Client, settings: Settings
) -> None:
    careful.get(UPLOAD)
    whole = encode_multipart(BOUNDARY, {"file": a_file(CSV * 9000)})
    half = CutOff(whole[: len(whole) // 2])
    extra: dict[str, Any] = {"wsgi.input": half, "CONTENT_LENGTH": str(len(whole))}
    careful.generic("POST", UPLOAD, b"-", content_type=MULTIPART_CONTENT, **extra)
    assert half.tell() == len(whole) // 2
    assert not kept(settings)


def test_these_addresses_take_a_file() -> None:
    """Another one needs a look at who may use it."""
    assert {name for name, view in _views() if permissions_for_file(view)} == {"upload", "table"}


def _views(resolver: URLResolver | None = None) -> Iterator[tuple[str | None, object]]:
    for found in (resolver or get_resolver()).url_patterns:
        if isinstance(found, URLPattern):
            yield found.name, found.callback
        else:
            yield from _views(found)
