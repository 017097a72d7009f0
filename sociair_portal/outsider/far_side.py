"""The portal as it is seen from outside: requests as browsers make them, and others."""

import re
import socket
import ssl
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Final
from urllib.parse import urlencode, urlsplit

SIGN_IN: Final = "/account/sign-in/"
_FORM: Final = "application/x-www-form-urlencoded"
_MOST: Final = 1024**2  # bytes of an answer that are looked at


class NoAnswer(Exception):
    """Nothing came, or nothing that is HTTP."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    text: str

    def header(self, name: str) -> str:
        """Its values, one after the other; empty if it is not there."""
        return ", ".join(value for one, value in self.headers if one.lower() == name.lower())

    @property
    def cookies(self) -> list[str]:
        """As they are set, with what is said of them."""
        return [value for name, value in self.headers if name.lower() == "set-cookie"]


@dataclass
class FarSide:
    """One portal. `patience` is how many seconds an answer may take."""

    url: str
    patience: float = 15

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("Give an address such as https://sms.example.org.")
        self.is_https = parts.scheme == "https"
        self.host: str = parts.hostname
        self.port: int = parts.port or (443 if self.is_https else 80)
        self.name: str = parts.netloc.rpartition("@")[2]
        self.origin = f"{parts.scheme}://{self.name}"

    def ask(self, path: str, method: str = "GET", *, body: str = "", **headers: str) -> Answer:
        """Ask as a browser does; in names of headers _ stands for -. Raises `NoAnswer`."""
        kind = HTTPSConnection if self.is_https else HTTPConnection
        sent = {"Accept-Language": "en", **{k.replace("_", "-"): v for k, v in headers.items()}}
        with closing(kind(self.host, self.port, timeout=self.patience)) as connection:
            try:
                connection.request(method, path, body or None, sent)
                return _answer(connection.getresponse())
            except (OSError, HTTPException) as error:
                raise NoAnswer(f"{method} {path}: {type(error).__name__}") from error

    def post(self, path: str, cookies: str = "", **typed: str) -> Answer:
        """Send a form from a page of the portal's own."""
        told = {"Content_Type": _FORM, "Origin": self.origin, "Referer": self.origin + path}
        return self.ask(path, "POST", body=urlencode(typed), Cookie=cookies, **told)

    def sign_in(self, name: str, password: str) -> Answer:
        """Type a name and a password into the form, in a browser that was never here."""
        form = self.ask(SIGN_IN)
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form.text)
        typed = {"login": name, "password": password}
        typed["csrfmiddlewaretoken"] = token[1] if token else ""
        return self.post(SIGN_IN, cookies_of(form), **typed)

    def connect(self, first: bytes) -> socket.socket:
        """A connection on which this was sent, and no more. Raises `NoAnswer`."""
        try:
            client = socket.create_connection((self.host, self.port), self.patience)
            if self.is_https:
                context = ssl.create_default_context()
                client = context.wrap_socket(client, server_hostname=self.host)
            client.sendall(first)
        except OSError as error:
            raise NoAnswer(type(error).__name__) from error
        return client

    def send(self, request: str) -> Answer:
        """Send these very bytes. Raises `NoAnswer`."""
        with closing(self.connect(request.encode("latin-1"))) as client:
            response = HTTPResponse(client)
            try:
                response.begin()
                return _answer(response)
            except (OSError, HTTPException) as error:
                raise NoAnswer(type(error).__name__) from error
            finally:
                response.close()


def cookies_of(answer: Answer) -> str:
    """As a browser sends them back."""
    return "; ".join(cookie.partition(";")[0] for cookie in answer.cookies)


def _answer(response: HTTPResponse) -> Answer:
    text = response.read(_MOST).decode("utf-8", "replace")
    return Answer(response.status, response.getheaders(), text)
