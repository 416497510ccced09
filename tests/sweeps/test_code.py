"""What the code may not say, read from its syntax."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db.models import QuerySet

from disclosures.rules import ACTIONS
from tests.sweeps.routes import routes_of

ROOT = Path(settings.BASE_DIR)
APPS = ("accounts", "consents", "disclosures", "phi_records", "messaging", "portal")
# A new folder at the roof is a decision, not a habit.
ROOF = {"base", "demo", "management", "system"}
ROOF_FILES = {
    "__init__", "apps", "celery", "frame", "gallery", "help_lines", "middleware", "read_only",
    "settings", "urls", "views", "wsgi",
}  # fmt: skip
# Django's and allauth's own names, looked up by their code; ours follow them where they are kin.
SNAKE = {
    "set_language", "second_step", "printed_codes", "account_login", "account_logout",
    "account_reset_password", "account_reset_password_done", "account_reset_password_from_key",
    "account_reset_password_from_key_done",
}  # fmt: skip


def modules() -> Iterator[tuple[str, ast.Module]]:
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield str(path.relative_to(ROOT)), ast.parse(path.read_text())


# What makes a page: views, forms, and the modules that put into words what is shown on one.
PAGE = re.compile(r"(^|[/_])(views|forms|shown|entries|charts|frame|middleware|gallery)(\.py$|/)")
# These seal, read files and check a decision: the same names, and no page.
NO_PAGES = {"portal/base/crypto/shown.py", "phi_records/fhir/reader/entries.py"}
TABLES = {"objects", "_default_manager", "_base_manager", "raw"}
SHORTCUTS = {"get_object_or_404", "get_list_or_404"}


def related_managers() -> set[str]:
    """The names by which a row reaches the rows of another table that point to it."""
    return {
        relation.get_accessor_name()
        for model in apps.get_models()
        for relation in model._meta.related_objects
        if relation.multiple and relation.get_accessor_name()
    }


def asks_a_table(node: ast.AST, managers: set[str]) -> bool:
    if isinstance(node, ast.Name):
        return node.id in SHORTCUTS
    if not isinstance(node, ast.Attribute):
        return False
    # `user.sign_ins.filter`, but not `opened.seats`, a list that was read before.
    through = isinstance(node.value, ast.Attribute) and node.value.attr in managers
    return node.attr in TABLES or (through and hasattr(QuerySet, node.attr))


def test_pages_ask_the_access_modules_and_no_table() -> None:
    managers = related_managers()
    assert {"totp_devices", "sign_ins", "known_browsers", "seats"} <= managers
    pages = {name: tree for name, tree in modules() if PAGE.search(name)}
    assert set(pages) >= NO_PAGES
    found = [
        f"{name}:{node.lineno}"  # type: ignore[attr-defined]
        for name, tree in pages.items()
        if name not in NO_PAGES
        for node in ast.walk(tree)
        if asks_a_table(node, managers)
    ]
    assert len(pages) >= 18
    assert found == []


@pytest.mark.parametrize(
    ("code", "asks"),
    [
        ("Member.objects", True),
        ("user.totp_devices.filter(confirmed=True)", True),
        ("user.sign_ins.count()", True),
        ("get_object_or_404(Member)", True),
        ("[post for post in opened.messages]", False),
        ("self.teams.items()", False),
    ],
)
def test_a_page_that_asks_a_table_is_found(code: str, asks: bool) -> None:
    managers = related_managers()
    assert any(asks_a_table(node, managers) for node in ast.walk(ast.parse(code))) == asks


def test_only_known_children_under_the_roof() -> None:
    folders = {path.name for path in (ROOT / "portal").iterdir() if path.is_dir()}
    files = {path.stem for path in (ROOT / "portal").glob("*.py")}
    assert folders - {"__pycache__"} == ROOF
    assert files == ROOF_FILES


def written_actions() -> dict[str, str]:
    """Every action that some call writes to the trail, and where. Each is spelled out there."""
    found: dict[str, str] = {}
    for name, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _writes_trail(name, node) and node.args:
                for action in _literals(node.args[0]):
                    found[action] = f"{name}:{node.lineno}"
    return found


def _writes_trail(name: str, call: ast.Call) -> bool:
    function = ast.unparse(call.func)
    if function in {"trail.record", "trail.record_each"}:
        return True
    own = name.startswith("accounts/") and function == "record"
    return own or function.endswith("_note")


def _literals(node: ast.expr) -> list[str]:
    if isinstance(node, ast.IfExp):
        return [*_literals(node.body), *_literals(node.orelse)]
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def test_every_action_of_the_trail_has_its_words() -> None:
    written = written_actions()
    wordless = {action: where for action, where in written.items() if action not in ACTIONS}
    assert wordless == {}
    assert set(ACTIONS) - set(written) == set(), "words for what nothing writes"


def test_names_of_routes_are_kebab() -> None:
    bare = {name.rpartition(":")[2] for name in routes_of()}
    odd = {name for name in bare - SNAKE if not re.fullmatch(r"[a-z]+(-[a-z]+)*", name)}
    assert odd == set()
    assert SNAKE - bare == set()


# What this much of the product keeps. Each has a test that says so.
KEPT = {"AH7", "AL2", "AM2", "AM18", "AM19"}


def test_each_promise_has_a_test() -> None:
    marks = {
        node.args[0].value
        for path in (ROOT / "tests").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "pytest.mark.promise"
        and isinstance(node.args[0], ast.Constant)
    }
    assert marks >= KEPT


def test_no_style_is_left_of_what_is_gone() -> None:
    pages = "".join(path.read_text() for path in (ROOT / "templates").rglob("*.html"))
    scripts = "".join(path.read_text() for path in (ROOT / "static/js").glob("*.js"))
    code = "".join((ROOT / path).read_text() for path, _tree in modules())
    said = set(re.findall(r"[\w-]+", pages + scripts))
    said |= {word for text in re.findall(r'"([\w -]+)"', code) for word in text.split()}
    # A template ends some names by itself.
    begun = tuple(re.findall(r"([\w-]+-){{", pages))
    css = "".join(path.read_text() for path in (ROOT / "static/css").glob("*.css"))
    bare = re.sub(r"/\*.*?\*/|{[^{}]*}", " ", css, flags=re.DOTALL)
    styled = set(re.findall(r"\.([a-z][\w-]*)", bare))
    assert len(styled) > 100
    assert {one for one in styled - said if not one.startswith(begun)} == set()
