"""A sandbox that does not wait."""

from collections.abc import Iterator

import pytest

from sandbox.server import Sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(hang=30, slow=0, drip=0) as sandbox:
        yield sandbox
