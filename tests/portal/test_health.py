"""A container is well while its web server answers and reaches its database."""

import pytest
from pytest_django import Settings, live_server_helper

from sociair_portal.health import is_well
from tests.raw_server import RawServer

_BROKEN = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize("names", ["sms.example.org,sms", ".example.org", "*"])
def test_it_is_asked_by_a_name_that_it_is_known_under(
    names: str, live_server: live_server_helper.LiveServer, settings: Settings
) -> None:
    settings.ALLOWED_HOSTS = names.split(",")
    bind = f"0.0.0.0:{live_server.url.rpartition(':')[2]}"
    assert is_well({"BIND": bind, "ALLOWED_HOSTS": names})
    assert is_well({"BIND": bind, "ALLOWED_HOSTS": "another.example"}) == (names == "*")


def test_a_server_that_cannot_answer_is_not_well() -> None:
    with RawServer([_BROKEN, None], [None]) as server:
        environment = {"BIND": f"127.0.0.1:{server.address[1]}"}
        assert not is_well(environment)  # as without its database
        assert not is_well(environment)  # it hangs up
    assert not is_well(environment)  # it is gone


def test_an_address_that_is_no_port_is_not_well() -> None:
    assert not is_well({"BIND": "unix:/run/portal.sock"})
