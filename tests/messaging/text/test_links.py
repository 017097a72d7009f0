"""Secrets of links: of their keys, as long as the stars, and readable by who types them."""

from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from messaging.text.length import measure
from messaging.text.links import LENGTH, MARK, fingerprint_of, secret_of


@given(st.uuids(), st.text(max_size=200))
def test_the_secret_takes_as_much_of_a_text_as_its_stars(key: UUID, around: str) -> None:
    secret = secret_of(str(key), secret="ours")
    assert measure(f"{around}{secret}") == measure(f"{around}{MARK}")


def test_a_secret_is_of_its_key_and_of_the_portals_own() -> None:
    key, other = str(uuid4()), str(uuid4())
    assert secret_of(key, secret="ours") == secret_of(key, secret="ours")
    different = {secret_of(a, secret=b) for a in (key, other) for b in ("ours", "theirs")}
    assert len(different) == len({fingerprint_of(secret) for secret in different}) == 4


def test_secrets_have_128_bits_of_signs_that_nobody_confuses() -> None:
    signs = {sign for _key in range(400) for sign in secret_of(str(uuid4()), secret="ours")}
    assert len(signs) ** LENGTH > 2**128
    assert not signs & set("0OIl")
