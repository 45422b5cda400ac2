"""Who may import whom (see the README's folder map). Reads source text only, imports nothing of the project."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ORDER = (
    "settings core access places=catalog ordering errands=intake tally purchasing stock allocation picking dispatch"
    " handover settlement printing oversight api assets=models upkeep cli factory demo wsgi"
).split()
RANK = {name: rank for rank, group in enumerate(ORDER) for name in group.split("=")}
LAYERS = ("rules", "models", "service", "views", "schemas")


def sources() -> list[Path]:
    return [path for base in ("app", "routing") for path in (ROOT / base).rglob("*.py")] + [ROOT / "wsgi.py"]


def room(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[1] if parts[0] == "app" and len(parts) > 1 else parts[0]


def imports(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def app_imports(path: Path) -> Iterator[tuple[list[str], int]]:
    return ((name.split("."), line) for name, line in imports(path) if name.split(".")[0] == "app")


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_to_the_own_slice_or_lower(path: Path) -> None:
    here = room(path)
    if here == "routing" or path.name == "__init__.py":
        return
    for parts, line in app_imports(path):
        there = parts[1]
        assert there == here or RANK[there] < RANK[here], f"{path.relative_to(ROOT)}:{line} {here} imports {there}"


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_across_slices_only_models_and_public_services_are_used(path: Path) -> None:
    here = room(path)
    if here in ("factory", "demo", "cli", "routing", "models", "upkeep", "api"):
        return
    for parts, line in app_imports(path):
        there, inner = parts[1], parts[2] if len(parts) > 2 else ""
        if there in (here, "core"):
            continue
        private = inner in ("views", "schemas") or inner.startswith(("views_", "schemas_"))
        private = private or (inner == "rules" and there not in ("places",))
        assert not private, f"{path.relative_to(ROOT)}:{line} uses {'.'.join(parts)} of another slice"


def test_rules_are_pure() -> None:
    forbidden = ("flask", "sqlalchemy", "flask_sqlalchemy", "time", "random", "datetime.datetime.now")
    for path in (ROOT / "app").rglob("rules*.py"):
        for name, line in imports(path):
            top = name.split(".")[0]
            assert top not in forbidden, f"{path.relative_to(ROOT)}:{line} imports {name}"
            if top == "app":
                inner = name.split(".")
                assert inner[1] == room(path) or inner[1] == "core", f"{path}:{line} rules import {name}"
                assert inner[-1] not in ("db", "service", "views"), f"{path}:{line} rules import {name}"


def test_models_know_no_service_view_or_printing() -> None:
    for path in (ROOT / "app").rglob("models.py"):
        if path.parent.name == "app":
            continue
        for parts, line in app_imports(path):
            assert parts[1] == "core" or parts[2] == "models", f"{path.relative_to(ROOT)}:{line} imports {parts}"


def test_routing_stands_alone() -> None:
    for path in (ROOT / "routing").rglob("*.py"):
        for name, line in imports(path):
            assert name.split(".")[0] not in ("app", "flask", "sqlalchemy"), f"{path}:{line} imports {name}"


@pytest.mark.parametrize(
    ("library", "allowed"),
    [
        ("ortools", ("routing/", "app/purchasing/optimise.py")),
        (
            "weasyprint",
            tuple(
                f"app/printing/pdf{part}.py"
                for part in ("", "_text", "_boxes", "_paint", "_styles", "_markup", "_marks")
            ),
        ),
        (
            "routing",
            (
                "routing/",
                "app/dispatch/planning/problem.py",
                "app/dispatch/planning/jobs.py",
                "app/dispatch/drafts/editing.py",
                "app/dispatch/planning/replanning.py",
                "app/dispatch/planning/budget.py",
                "app/dispatch/planning/leftover.py",
            ),
        ),
    ],
)
def test_a_library_has_its_only_importers(library: str, allowed: tuple[str, ...]) -> None:
    for path in sources():
        where = path.relative_to(ROOT).as_posix()
        used = any(name.split(".")[0] == library for name, _line in imports(path))
        assert not used or where.startswith(allowed), f"{where} imports {library}"


def calls(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node.lineno


def test_only_the_database_module_commits() -> None:
    for path in (ROOT / "app").rglob("*.py"):
        if path.relative_to(ROOT).as_posix() in ("app/core/db.py",) or "upkeep" in path.parts:
            continue
        for name, line in calls(path):
            assert not name.endswith(".commit"), f"{path.relative_to(ROOT)}:{line} commits"


def test_only_the_clock_reads_the_wall_clock() -> None:
    wall = ("datetime.now", "datetime.utcnow", "date.today", "time.time", "datetime.today")
    for path in (ROOT / "app").rglob("*.py"):
        where = path.relative_to(ROOT).as_posix()
        if where == "app/core/clock.py":
            continue
        for name, line in calls(path):
            assert name not in wall, f"{where}:{line} reads the wall clock with {name}"


def test_requests_are_read_only_in_views_access_and_error_pages() -> None:
    for path in (ROOT / "app").rglob("*.py"):
        where = path.relative_to(ROOT).as_posix()
        may = path.name.startswith("views") or where.startswith("app/access/") or room(path) in ("factory", "assets")
        if may or where in ("app/core/errors.py", "app/oversight/navigation.py"):
            continue
        for name, line in imports(path):
            assert name not in ("flask.request", "flask.session", "flask.g"), f"{where}:{line} imports {name}"


def test_stage_counters_change_only_through_move() -> None:
    """D7: no assignment to a counter of an order line or lot outside the two modules that own them."""
    owned = {f"qty_{s}" for s in ("allocated", "dropped_off", "accepted", "disputed", "short", "cancelled", "refunded")}
    for path in (ROOT / "app").rglob("*.py"):
        if path.relative_to(ROOT).as_posix() in ("app/ordering/stages.py", "app/stock/lots.py"):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            for target in targets:
                if isinstance(node, ast.Assign | ast.AugAssign) and isinstance(target, ast.Attribute):
                    assert target.attr not in owned, f"{path.relative_to(ROOT)}:{node.lineno} sets {target.attr}"


def test_package_files_hold_a_docstring_only() -> None:
    for path in (ROOT / "app").rglob("__init__.py"):
        body = ast.parse(path.read_text("utf-8")).body
        only = len(body) == 1 and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
        assert only, f"{path.relative_to(ROOT)} does more than say what it is"


def test_files_stay_readable() -> None:
    for path in [*sources(), *(ROOT / "tests").rglob("*.py")]:
        lines = len(path.read_text("utf-8").splitlines())
        assert lines <= 400, f"{path.relative_to(ROOT)} has {lines} lines"
    for path in (ROOT / "templates").rglob("*.html"):
        lines = len(path.read_text("utf-8").splitlines())
        assert lines <= 150, f"{path.relative_to(ROOT)} has {lines} lines"


def test_no_room_without_a_name() -> None:
    for path in sources():
        assert path.stem not in ("util", "utils", "helpers", "common", "misc", "manager"), path
