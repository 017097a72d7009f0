"""What the contracts in pyproject.toml cannot say of who may use what, read from the source."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = ("contacts", "messaging", "sociair_portal", "sandbox")

# Pure rules: the same in gives the same out.
RULES_OF_THE_HOUSE: Final = (
    *(
        "contacts.phone",
        "contacts.mentions",
        "contacts.names",
        "contacts.preeti",
        "contacts.sounds",
        "contacts.fields",
    ),
    *("contacts.importing.cells", "contacts.importing.columns", "contacts.importing.facts"),
    *("contacts.importing.headings", "contacts.importing.merged", "contacts.importing.options"),
    *("contacts.importing.number_formats", "contacts.importing.rows"),
    *("messaging.answers", "messaging.text"),
    *("sociair_portal.common.formats", "sociair_portal.common.formulas"),
    *("sociair_portal.common.calendars", "sociair_portal.common.digits"),
    *("sociair_portal.common.visible", "sociair_portal.common.written_days"),
    "sociair_portal.common.id_runs",
)
# What they may use: text, numbers and data, but no clock, disk, network or thread. Sentences read
# as their reader has chosen, like all that is translated.
PURE: Final = {
    *("django.utils.functional", "django.utils.translation", "phonenumbers"),
    "sociair_portal.common.sentences",
    *("base64", "collections", "dataclasses", "datetime", "decimal", "email", "enum", "functools"),
    *("difflib", "hmac", "html", "itertools", "json", "math", "re", "string", "typing"),
    *("django_bikram_sambat", "ssf", "unicodedata", "warnings"),
}
MODELS: Final = ("contacts.models", "messaging.models")
SERVICES: Final = ("contacts.services", "contacts.importing", "messaging.services")


@dataclass(frozen=True)
class Import:
    """`target` is dotted and as long as can be: `from contacts.models import Group` has three."""

    target: str
    line: int

    def is_of(self, *modules: str) -> bool:
        return any(self.target == it or self.target.startswith(f"{it}.") for it in modules)


@dataclass(frozen=True)
class Module:
    root: Path
    path: Path

    @cached_property
    def name(self) -> str:
        parts = self.path.relative_to(self.root).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text(), str(self.path))

    @cached_property
    def imports(self) -> list[Import]:
        return list(self._imports())

    def _imports(self) -> Iterator[Import]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (Import(alias.name, node.lineno) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from (
                    Import(f"{node.module}.{alias.name}", node.lineno) for alias in node.names
                )

    def breach(self, line: int, words: str) -> str:
        return f"{self.path.relative_to(self.root)}:{line}: {words}"

    def is_of(self, *modules: str) -> bool:
        return Import(self.name, 0).is_of(*modules)


def modules(root: Path) -> list[Module]:
    """Every module of the house but the migrations, which are history."""
    return [
        Module(root, path)
        for package in PACKAGES
        for path in sorted((root / package).rglob("*.py"))
        if "migrations" not in path.parts
    ]


def rules_are_pure(module: Module) -> Iterator[str]:
    if not module.is_of(*RULES_OF_THE_HOUSE):
        return
    for it in module.imports:
        if not it.is_of(*PURE, *RULES_OF_THE_HOUSE):
            yield module.breach(it.line, f"pure rules must not import {it.target}")


def services_take_no_requests_or_forms(module: Module) -> Iterator[str]:
    if not module.is_of(*RULES_OF_THE_HOUSE, *MODELS, *SERVICES):
        return
    for it in module.imports:
        if it.is_of("django.http", "django.forms", "django.shortcuts", "django.views"):
            yield module.breach(it.line, f"{it.target} belongs to forms and views")


def no_call_hides_an_import(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Name) and node.id == "__import__":
            yield module.breach(node.lineno, "__import__ hides an import")


def models_save_as_django_does(module: Module) -> Iterator[str]:
    if not module.is_of(*MODELS):
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ClassDef):
            for item in node.body:
                if getattr(item, "name", "") in ("save", "asave", "save_base"):
                    yield module.breach(item.lineno, f"{node.name} has a save() of its own")


RULES: Final[list[Callable[[Module], Iterator[str]]]] = [
    rules_are_pure,
    services_take_no_requests_or_forms,
    no_call_hides_an_import,
    models_save_as_django_does,
]


@pytest.fixture(scope="module")
def house() -> list[Module]:
    return modules(ROOT)


@pytest.mark.parametrize("rule", RULES)
def test_the_source_keeps_every_rule_of_the_house(
    rule: Callable[[Module], Iterator[str]], house: list[Module]
) -> None:
    breaches = [breach for module in house for breach in rule(module)]
    assert not breaches, "\n" + "\n".join(breaches)


def test_every_module_of_the_house_is_read(house: list[Module]) -> None:
    names = {module.name for module in house}
    for part in (*RULES_OF_THE_HOUSE, *MODELS, *SERVICES):
        assert any(name == part or name.startswith(f"{part}.") for name in names), part
    assert {"messaging.models.batch", "messaging.services.sociair", "sandbox.server"} <= names
    sociair = next(module for module in house if module.name == "messaging.services.sociair")
    targets = {it.target for it in sociair.imports}
    assert {"requests", "contacts.phone.Operator", "messaging.services.transport"} <= targets


BREACHES: Final = [
    (rules_are_pure, "messaging/text/length.py", "from django.conf import settings\n", 1),
    (rules_are_pure, "messaging/text/a.py", "from django.utils import timezone\n", 1),
    (rules_are_pure, "messaging/answers/words.py", "import re\nimport time\n", 2),
    (rules_are_pure, "contacts/phone.py", "from django.db.models import Q\n", 1),
    (services_take_no_requests_or_forms, "messaging/services/a.py", "import django.forms\n", 1),
    (
        services_take_no_requests_or_forms,
        "contacts/models/contact.py",
        "from django import forms\n",
        1,
    ),
    (no_call_hides_an_import, "messaging/tasks.py", "\n__import__('a')\n", 2),
    (
        models_save_as_django_does,
        "contacts/models/contact.py",
        "class A:\n    def save(self): ...\n",
        2,
    ),
    (models_save_as_django_does, "messaging/models/a.py", "class A:\n async def asave(): 1\n", 2),
]


@pytest.mark.parametrize(("rule", "path", "source", "line"), BREACHES)
def test_a_breach_is_found_at_its_line(
    tmp_path: Path,
    rule: Callable[[Module], Iterator[str]],
    path: str,
    source: str,
    line: int,
) -> None:
    place = tmp_path / path
    place.parent.mkdir(parents=True)
    place.write_text(source)
    places = {breach.partition(": ")[0] for module in modules(tmp_path) for breach in rule(module)}
    assert places == {f"{path}:{line}"}


def test_every_rule_of_the_house_is_tried() -> None:
    assert {rule for rule, *_rest in BREACHES} == set(RULES)


def test_what_is_allowed_is_no_breach(tmp_path: Path) -> None:
    allowed = {
        "contacts/phone.py": "from django.utils.translation import gettext as _\nimport re\n",
        "messaging/answers/a.py": "from contacts.phone import Operator\nfrom datetime import UTC\n",
        "messaging/services/sociair.py": "import requests\nfrom urllib3 import PoolManager\n",
        "messaging/views/compose.py": "from django import forms\n",
        "contacts/migrations/0001_a.py": "class A:\n    def save(): ...\n",
    }
    for path, source in allowed.items():
        place = tmp_path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(source)
    assert [it for rule in RULES for module in modules(tmp_path) for it in rule(module)] == []
