"""The house stands: who may import whom, read from the source of every module."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parent.parent
PACKAGES: Final = ("contacts", "messaging", "sociair_portal", "sandbox")

# From low to high; what a module imports stands on its own floor or below.
FLOORS: Final = {
    "rules": (
        *("contacts.phone", "contacts.names", "contacts.fields"),
        *("contacts.importing.cells", "contacts.importing.columns", "contacts.importing.options"),
        "contacts.importing.rows",
        *("messaging.text", "messaging.wording", "messaging.script", "messaging.answers"),
        *("messaging.answer_fields", "messaging.answer_words"),
        *("messaging.refusals", "messaging.runs"),
    ),
    # What the shell lends to everybody: it knows nothing of the apps.
    "ground": (
        "sociair_portal.common",
        *("sociair_portal.collecting", "sociair_portal.environment"),
        *("sociair_portal.roles", "sociair_portal.values"),
    ),
    "models": ("contacts.models", "messaging.models"),
    "services": (
        *("contacts.services", "contacts.importing"),
        *("messaging.history", "messaging.services"),
    ),
    "forms": (
        "contacts.forms",
        *("messaging.decisions", "messaging.doubt_forms", "messaging.forms"),
        "messaging.history_forms",
        *("messaging.schedule_forms", "messaging.template_forms"),
    ),
    "top": (
        *("contacts.admin", "contacts.apps", "contacts.management", "contacts.tasks"),
        *("contacts.templatetags", "contacts.urls", "contacts.views"),
        *("messaging.admin", "messaging.apps", "messaging.checks", "messaging.context"),
        *("messaging.management", "messaging.tasks", "messaging.templatetags", "messaging.urls"),
        "messaging.views",
        "sociair_portal",
    ),
}
ORDER: Final = list(FLOORS)

# The rooms on the floor of services, from low to high.
ROOMS: Final = (
    *("actor", "storage", "framing", "transport", "sociair", "states"),
    *("gateway", "money", "audience", "templates", "campaigns", "decisions", "sending"),
)

# What pure rules may use: text, numbers and data, but no clock, disk, network or thread.
PURE: Final = {
    *("django.utils.functional", "django.utils.translation", "phonenumbers"),
    *("collections", "dataclasses", "datetime", "decimal", "email", "enum", "functools", "html"),
    *("difflib", "itertools", "json", "math", "re", "string", "typing", "unicodedata"),
}


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
                base = self._base(node)
                yield from (Import(f"{base}.{alias.name}", node.lineno) for alias in node.names)

    def _base(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        above = self.path.relative_to(self.root).parts[: -node.level]
        return ".".join([*above, *filter(None, [node.module])])

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


def floor_of(target: str) -> str | None:
    """The floor of a module or of something in it; None for other people's."""
    return next(
        (
            floor
            for floor, names in FLOORS.items()
            if any(target == name or target.startswith(f"{name}.") for name in names)
        ),
        None,
    )


# -- The rules: each yields a line for every breach ------------------------------------------


def every_module_has_a_floor(module: Module) -> Iterator[str]:
    if module.is_of("sandbox") or module.name in PACKAGES or floor_of(module.name):
        return
    yield module.breach(1, f"give {module.name} a floor in tests/test_floors.py")


def imports_go_down(module: Module) -> Iterator[str]:
    own = floor_of(module.name)
    for it in module.imports:
        other = floor_of(it.target)
        if own and other and ORDER.index(other) > ORDER.index(own):
            yield module.breach(it.line, f"{own} must not import {it.target} ({other})")


def room_of(target: str) -> str | None:
    parts = target.split(".")
    return parts[2] if parts[:2] == ["messaging", "services"] and len(parts) > 2 else None


def every_service_has_a_room(module: Module) -> Iterator[str]:
    if (room := room_of(module.name)) and room not in ROOMS:
        yield module.breach(1, f"give {room} its place among the rooms in tests/test_floors.py")


def rooms_are_entered_from_above(module: Module) -> Iterator[str]:
    own = room_of(module.name)
    if own not in ROOMS:
        return
    for it in module.imports:
        other = room_of(it.target)
        if other in ROOMS and ROOMS.index(other) > ROOMS.index(own):
            yield module.breach(it.line, f"{own} must not import {it.target}")


def rules_are_pure(module: Module) -> Iterator[str]:
    if floor_of(module.name) != "rules":
        return
    for it in module.imports:
        if not it.is_of(*PURE, *FLOORS["rules"]):
            yield module.breach(it.line, f"pure rules must not import {it.target}")


def contacts_know_nothing_of_messaging(module: Module) -> Iterator[str]:
    for it in module.imports:
        if module.is_of("contacts") and it.is_of("messaging"):
            yield module.breach(it.line, f"contacts must not import {it.target}")


DOORS: Final = {
    "requests": ("messaging.services.sociair",),
    "urllib3": (
        *("messaging.services.sociair", "messaging.services.transport"),
        "messaging.services.framing",
    ),
    "httpx": (),
    "aiohttp": (),
    "urllib.request": (),
    # `make run` asks its own children whether they are up; `framing` reads what comes for urllib3.
    "http.client": ("sociair_portal", "messaging.services.framing"),
}


def one_door_to_sociair(module: Module) -> Iterator[str]:
    for it in module.imports:
        for client, doors in DOORS.items():
            if it.is_of(client) and not module.is_of(*doors):
                yield module.breach(it.line, f"{it.target} is for {doors or 'nobody'} alone")


def services_never_enqueue(module: Module) -> Iterator[str]:
    if floor_of(module.name) == "top" or module.is_of("sandbox"):
        return
    for it in module.imports:
        if it.is_of("huey", "messaging.tasks"):
            yield module.breach(it.line, f"only views, commands and tasks use {it.target}")


def services_take_no_requests_or_forms(module: Module) -> Iterator[str]:
    if floor_of(module.name) not in ("rules", "models", "services"):
        return
    for it in module.imports:
        if it.is_of("django.http", "django.forms", "django.shortcuts", "django.views"):
            yield module.breach(it.line, f"{it.target} belongs to forms and views")


def the_sandbox_is_on_its_own(module: Module) -> Iterator[str]:
    for it in module.imports:
        if (
            module.is_of("sandbox")
            and it.is_of("contacts", "messaging", "sociair_portal")
            and not it.is_of("contacts.phone", "messaging.text")
        ):
            yield module.breach(it.line, f"the sandbox must not import {it.target}")


def imports_stand_at_the_top(module: Module) -> Iterator[str]:
    functions = ast.FunctionDef | ast.AsyncFunctionDef
    for function in (node for node in ast.walk(module.tree) if isinstance(node, functions)):
        for node in ast.walk(function):
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield module.breach(node.lineno, f"{function.name}() has an import of its own")
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Name | ast.Attribute | ast.alias):
            name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
            name = node.name if isinstance(node, ast.alias) else name
            if name in ("import_module", "__import__", "import_string"):
                yield module.breach(node.lineno, f"{name} hides an import")


def nobody_listens_to_signals(module: Module) -> Iterator[str]:
    for it in module.imports:
        is_signal = it.is_of("django") and "signals" in it.target.split(".")
        if is_signal or it.is_of("django.dispatch"):
            yield module.breach(it.line, f"no signals: {it.target}")


def models_save_as_django_does(module: Module) -> Iterator[str]:
    if floor_of(module.name) != "models":
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ClassDef):
            for item in node.body:
                if getattr(item, "name", "") in ("save", "asave", "save_base"):
                    yield module.breach(item.lineno, f"{node.name} has a save() of its own")


RULES: Final[list[Callable[[Module], Iterator[str]]]] = [
    every_module_has_a_floor,
    imports_go_down,
    every_service_has_a_room,
    rooms_are_entered_from_above,
    rules_are_pure,
    contacts_know_nothing_of_messaging,
    one_door_to_sociair,
    services_never_enqueue,
    services_take_no_requests_or_forms,
    the_sandbox_is_on_its_own,
    imports_stand_at_the_top,
    nobody_listens_to_signals,
    models_save_as_django_does,
]


@pytest.fixture(scope="module")
def house() -> list[Module]:
    return modules(ROOT)


@pytest.mark.parametrize("rule", RULES)
def test_the_house_stands(rule: Callable[[Module], Iterator[str]], house: list[Module]) -> None:
    breaches = [breach for module in house for breach in rule(module)]
    assert not breaches, "\n" + "\n".join(breaches)


def test_all_of_the_house_is_read(house: list[Module]) -> None:
    names = {module.name for module in house}
    assert {
        *("contacts.phone", "contacts.models", "messaging.models", "messaging.models.batch"),
        *("messaging.services.sociair", "messaging.tasks", "sandbox.server"),
        *("messaging.management.commands.send_sms", "sociair_portal.settings"),
    } <= names
    sociair = next(module for module in house if module.name == "messaging.services.sociair")
    targets = {it.target for it in sociair.imports}
    assert {"requests", "contacts.phone.Operator", "messaging.services.transport"} <= targets


# -- Each rule can fail ----------------------------------------------------------------------

BREACHES: Final = [
    (every_module_has_a_floor, "messaging/sundry.py", "", 1),
    (imports_go_down, "messaging/models/batch.py", "from messaging.services import holds\n", 1),
    (imports_go_down, "messaging/models/batch.py", "from ..services import holds\n", 1),
    (imports_go_down, "sociair_portal/common/pages.py", "import contacts.models\n", 1),
    (imports_go_down, "contacts/phone.py", "import re\nimport contacts.models\n", 2),
    (imports_go_down, "messaging/services/gateway/holds.py", "from messaging import tasks\n", 1),
    (
        imports_go_down,
        "messaging/services/gateway/holds.py",
        "from messaging.forms import Compose\n",
        1,
    ),
    (imports_go_down, "messaging/forms.py", "\n\nfrom messaging.views import compose\n", 3),
    (imports_go_down, "contacts/services/search.py", "import contacts.forms.people as forms\n", 1),
    (every_service_has_a_room, "messaging/services/sundry.py", "", 1),
    (
        rooms_are_entered_from_above,
        "messaging/services/money/balance.py",
        "from messaging.services.sending import sweep\n",
        1,
    ),
    (rules_are_pure, "messaging/text.py", "from django.conf import settings\n", 1),
    (rules_are_pure, "messaging/text.py", "from django.utils import timezone\n", 1),
    (rules_are_pure, "messaging/answers.py", "import re\nimport time\n", 2),
    (rules_are_pure, "contacts/phone.py", "from django.db.models import Q\n", 1),
    (contacts_know_nothing_of_messaging, "contacts/views/a.py", "from messaging import text\n", 1),
    (contacts_know_nothing_of_messaging, "contacts/models.py", "import messaging\n", 1),
    (one_door_to_sociair, "messaging/services/money/balance.py", "import requests\n", 1),
    (one_door_to_sociair, "messaging/tasks.py", "from requests.adapters import HTTPAdapter\n", 1),
    (one_door_to_sociair, "messaging/answers.py", "import urllib3\n", 1),
    (one_door_to_sociair, "contacts/importing.py", "from urllib import request\n", 1),
    (one_door_to_sociair, "messaging/views/a.py", "import http.client\n", 1),
    (services_never_enqueue, "messaging/services/sending/sweep.py", "import huey\n", 1),
    (services_never_enqueue, "messaging/services/a.py", "from messaging.tasks import kick\n", 1),
    (services_never_enqueue, "contacts/forms/people.py", "from huey.contrib import djhuey\n", 1),
    (services_take_no_requests_or_forms, "messaging/services/a.py", "import django.forms\n", 1),
    (services_take_no_requests_or_forms, "contacts/models.py", "from django import forms\n", 1),
    (the_sandbox_is_on_its_own, "sandbox/page.py", "from messaging.answers import Answer\n", 1),
    (the_sandbox_is_on_its_own, "sandbox/page.py", "from contacts import models\n", 1),
    (the_sandbox_is_on_its_own, "sandbox/faults/a.py", "import sociair_portal.values\n", 1),
    (imports_stand_at_the_top, "contacts/views/a.py", "def f():\n    import json\n", 2),
    (imports_stand_at_the_top, "sandbox/a.py", "class A:\n async def f():\n  from a import b\n", 3),
    (imports_stand_at_the_top, "messaging/tasks.py", "import importlib as i\ni.import_module", 2),
    (imports_stand_at_the_top, "messaging/tasks.py", "from importlib import import_module\n", 1),
    (imports_stand_at_the_top, "messaging/tasks.py", "__import__('a')\n", 1),
    (nobody_listens_to_signals, "contacts/apps.py", "from django.dispatch import receiver\n", 1),
    (nobody_listens_to_signals, "contacts/apps.py", "from django.db.models import signals\n", 1),
    (nobody_listens_to_signals, "messaging/a.py", "from django.core.signals import a\n", 1),
    (models_save_as_django_does, "contacts/models.py", "class A:\n    def save(self): ...\n", 2),
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


def test_every_rule_is_tried() -> None:
    assert {rule for rule, *_rest in BREACHES} == set(RULES)


def test_what_is_allowed_is_no_breach(tmp_path: Path) -> None:
    allowed = {
        "contacts/phone.py": "from django.utils.translation import gettext as _\nimport re\n",
        "messaging/answers.py": "from contacts.phone import Operator\nfrom datetime import UTC\n",
        "messaging/services/sociair.py": "import requests\nfrom urllib3 import PoolManager\n",
        "messaging/views/compose.py": "from messaging import forms, tasks\n",
        "sandbox/account.py": "from messaging.text import measure\nfrom contacts import phone\n",
        "contacts/migrations/0001_a.py": "def f():\n    import messaging\n",
    }
    for path, source in allowed.items():
        place = tmp_path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(source)
    assert [it for rule in RULES for module in modules(tmp_path) for it in rule(module)] == []
