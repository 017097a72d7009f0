"""The list of mutations fits the engine as it is, and the table that people read fits the list.

That tests notice them is another run: `python -m tests.proof.mutations`.
"""

import re
from pathlib import Path
from typing import Final

import pytest

from tests.proof.mutations import Mutation, mutations

_ROOT: Final = Path(__file__).parents[2]


@pytest.mark.parametrize("mutation", mutations(), ids=lambda mutation: mutation.name)
def test_each_mutation_can_be_made(mutation: Mutation, tmp_path: Path) -> None:
    for file, _before, _after in mutation.edits:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    mutation.undo(tmp_path)
    mutation.apply(tmp_path)
    for file, _before, _after in mutation.edits:
        compile((tmp_path / file).read_text(), file, "exec")


@pytest.mark.parametrize("test", sorted({it.test.partition("[")[0] for it in mutations()}))
def test_the_test_that_notices_is_there(test: str) -> None:
    file, name = test.split("::")
    assert f"\ndef {name}(" in (_ROOT / file).read_text()


def test_the_table_of_mutations_is_the_list() -> None:
    table = (Path(__file__).parent / "README.md").read_text()
    rows = re.findall(r"^\| (.+?) \| `(.+)` \|$", table, re.MULTILINE)
    assert rows == [(it.name, it.test.removeprefix("tests/")) for it in mutations()]
