"""What is tried. Each try says what it found open, or nothing if the portal held."""

import secrets
from collections.abc import Callable
from contextlib import ExitStack, closing
from typing import Final

from sociair_portal.outsider.far_side import SIGN_IN, FarSide, NoAnswer, cookies_of

# What only people who are signed in may see, and of that what a sender may not.
PRIVATE: Final = (
    *("/", "/compose/", "/history/", "/contacts/", "/contacts/export.csv", "/groups/"),
    *("/opt-outs/", "/templates/", "/account/password/", "/account/devices/"),
)
FOR_MANAGERS: Final = ("/colleagues/", "/record/", "/privacy/", "/admin/auth/user/")
_MOST_GUESSES: Final = 6  # at one name from one address
_HALF_OPEN: Final = 200
_LARGE: Final = 64 * 1024**2  # bytes
_INNER: Final = ("Traceback", "Django", "DEBUG", "site-packages", "urlpatterns", 'File "/')


def guessing(portal: FarSide) -> str:
    """At a name that nobody has, so that nobody is in the way."""
    name = f"outsider-{secrets.token_hex(4)}"
    for _guess in range(_MOST_GUESSES):
        answer = portal.sign_in(name, secrets.token_hex(8))
    told = answer.status == 429 or "Too many tries" in answer.text
    return (
        "" if told else f"{_MOST_GUESSES} wrong passwords in a row, and none was refused unchecked"
    )


def strangers(portal: FarSide) -> str:
    for path in (*PRIVATE, *FOR_MANAGERS):
        answer = portal.ask(path)
        if answer.status != 302 or not _is_sign_in(answer.header("Location")):
            return f"{path} answers {answer.status} instead of asking to sign in"
    return ""


def headers(portal: FarSide) -> str:
    answer = portal.ask(SIGN_IN)
    policy = answer.header("Content-Security-Policy")
    if "default-src 'self'" not in policy or "unsafe-" in policy:
        return "the content security policy lets other sites' scripts in"
    expected = {
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cache-Control": "no-store",
        **({"Strict-Transport-Security": "max-age="} if portal.is_https else {}),
    }
    missing = [name for name, part in expected.items() if part not in answer.header(name)]
    return f"without {', '.join(missing)}" if missing else ""


def cookies(portal: FarSide) -> str:
    found = portal.ask(SIGN_IN).cookies
    wanted = ["samesite="] + (["secure"] if portal.is_https else [])
    for cookie in found:
        name = cookie.partition("=")[0]
        said = cookie.lower()
        if any(word not in said for word in wanted):
            return f"{name} goes where it should not: it lacks {' or '.join(wanted)}"
        if portal.is_https and not name.startswith("__Host-"):
            return f"{name} can be set by another host"
    return "" if found else "no cookie protects the form"


def slow_clients(portal: FarSide) -> str:
    """Many who never end what they say keep nobody else from being answered."""
    half = f"GET /healthz HTTP/1.1\r\nHost: {portal.name}\r\nX-Slow: ".encode()
    with ExitStack() as stack:
        for _client in range(_HALF_OPEN):
            stack.enter_context(closing(portal.connect(half)))
        answer = portal.ask("/healthz")
    return "" if answer.status == 200 else f"/healthz answers {answer.status}"


def large_bodies(portal: FarSide) -> str:
    """Refused by its size alone: the body is never sent."""
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=b"):
        head = f"Content-Type: {kind}\r\nContent-Length: {_LARGE}\r\n\r\nlogin="
        answer = portal.send(f"POST {SIGN_IN} HTTP/1.1\r\nHost: {portal.name}\r\n{head}")
        if not 400 <= answer.status < 500:
            return f"{answer.status} for a form of {_LARGE // 1024**2} MB from a stranger"
    return ""


def forged_forms(portal: FarSide) -> str:
    """A form without its token, or from another site; and methods that no page has."""
    form = portal.ask(SIGN_IN)
    token = form.text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    if portal.post(SIGN_IN, cookies_of(form), login="a").status != 403:
        return "a form without its token is accepted"
    body = f"csrfmiddlewaretoken={token}&login=a&password=b"
    kind = {"Content_Type": "application/x-www-form-urlencoded", "Cookie": cookies_of(form)}
    elsewhere = portal.ask(SIGN_IN, "POST", body=body, Origin="https://evil.example", **kind)
    if elsewhere.status != 403:
        return "a form from another site is accepted"
    for method in ("TRACE", "PUT", "DELETE"):
        if portal.ask(SIGN_IN, method, X_Mirror="outsider").status < 400:
            return f"{method} is answered"
    return ""


def other_names(portal: FarSide) -> str:
    """Under a name that is not the portal's."""
    for path in ("/", "/account/password/forgotten/"):
        answer = portal.send(f"GET {path} HTTP/1.1\r\nHost: evil.example\r\n\r\n")
        if answer.status < 400 and not 300 <= answer.status < 400:
            return f"{path} answers to any name"
        if "evil.example" in answer.header("Location") + answer.text:
            return f"{path} leads to a name that a stranger chose"
    return ""


def errors(portal: FarSide) -> str:
    missing = portal.ask(f"/{secrets.token_hex(4)}/")
    unread = portal.ask("/?search=%00%ff&page=%7B", Cookie="sessionid=%00; csrftoken=a")
    odd = portal.post(SIGN_IN, login="\0")
    for answer in (missing, unread, odd):
        told = [word for word in _INNER if word in answer.text]
        if told or answer.status >= 500:
            return f"an error page ({answer.status}) shows internals: {', '.join(told)}"
    return "" if missing.status == 404 else f"{missing.status} for an address that does not exist"


def two_in_one(portal: FarSide) -> str:
    """What a proxy and the portal could read as different requests, headers or lines of a log."""
    split = f"{SIGN_IN}?next=/%0d%0aX-Outsider:%20yes"
    if portal.ask(split, X_Request_ID="a%0d%0aX-Outsider: yes").header("X-Outsider"):
        return "a stranger can write headers of answers"
    start = f"POST {SIGN_IN} HTTP/1.1\r\nHost: {portal.name}\r\n"
    for head in (
        "Content-Length: 4\r\nContent-Length: 5\r\n",
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: +4\r\n",
        "Content-Length : 4\r\n",
    ):
        answer = portal.send(f"{start}{head}\r\n0\r\n\r\n")
        if not 400 <= answer.status < 500 or answer.status == 403:
            return f"{answer.status} for a request that can be read in two ways"
    return ""


Try = Callable[[FarSide], str]
TRIES: Final[dict[str, Try]] = {
    "Guessing passwords": guessing,
    "Pages without signing in": strangers,
    "Headers": headers,
    "Cookies": cookies,
    f"{_HALF_OPEN} connections that never end": slow_clients,
    "Large bodies before signing in": large_bodies,
    "Forged forms and odd methods": forged_forms,
    "Another host's name": other_names,
    "What error pages show": errors,
    "Two requests in one": two_in_one,
}


def with_an_account(portal: FarSide, name: str, password: str) -> str:
    """What someone does who has got hold of a sender's password, or of a session that is over."""
    signed_in = portal.sign_in(name, password)
    mine = cookies_of(signed_in)
    if signed_in.status != 302 or portal.ask("/account/password/", Cookie=mine).status != 200:
        raise NoAnswer("could not sign in: use an account without a second step")
    if not any("httponly" in one.lower() for one in signed_in.cookies if "sessionid=" in one):
        return "scripts can read the session's cookie"
    for path in FOR_MANAGERS:
        answer = portal.ask(path, Cookie=mine)
        if answer.status not in (403, 404) and not _is_sign_in(answer.header("Location")):
            return f"{path} answers {answer.status} to {name}"
    page = portal.ask("/account/sign-out/", Cookie=mine)
    token = page.text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    portal.post("/account/sign-out/", f"{mine}; {cookies_of(page)}", csrfmiddlewaretoken=token)
    if portal.ask("/account/password/", Cookie=mine).status == 200:
        return "a session still works after signing out"
    return ""


def _is_sign_in(location: str) -> bool:
    path = location.partition("?")[0].partition("://")[2] or location.partition("?")[0]
    return path.endswith((SIGN_IN, "/admin/login/"))
