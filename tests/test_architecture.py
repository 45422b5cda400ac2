"""Who may import whom (see the map of folders). Reads source text only, imports nothing of the project.

Each rule lists every offender at once, as `file:line what it does`.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.rules_for_tests import private_names_in_tests, reading_beside_the_checkout
from tests.source_tree import (
    ROOT,
    called,
    imports,
    of_the_application,
    parts,
    slice_of,
    sources,
    topic_of,
    tree,
    where,
)

# Slices from the ground up; a slice imports itself and lower ones. Names joined by "=" stand on one level.
ORDER = (
    "settings core access places=catalog ordering errands=intake tally purchasing stock allocation picking dispatch"
    " handover settlement printing oversight api resident_files assets=models upkeep cli factory demo wsgi"
).split()
RANK = {name: rank for rank, group in enumerate(ORDER) for name in group.split("=")}
# Topics of a slice from the ground up; a topic imports the slice's root, itself and lower topics, never a sister above.
TOPICS = {
    "core": "database store text input log queue",
    "access": "http forms tokens",
    "places": "address registry zones points buildings finder care captaincy accounts imports",
    "catalog": "bundles suppliers imports",
    "ordering": "shelf roll_call packs claims standing remarks desk resident cycles pins order_file",
    "intake": "grammar workbook paste handing_over booking",
    "tally": "claims moving merging desk",
    "stock": "rests keeping",
    "allocation": "substitution",
    "dispatch": "hours members teams planning drafts rounds arrivals loading missing_bags",
    "handover": "doors confirmation disputes",
    "settlement": "statement suppliers",
    "printing": "layout paper_setup contexts sheets pdf renderer returns centre",
    "oversight": "reconcile purge texts order_status date",
    "api": "places ordering point supplies delivery paper log webhooks reference",
    "upkeep": "setup database backups serving fleet",
}
MOST_FILES = 15  # on one floor of a folder
ASSEMBLY = ("factory", "demo", "cli", "routing", "models", "upkeep", "api")  # put the slices together
IMPORTERS = {
    "ortools": ("routing/", "app/purchasing/optimise.py"),
    "weasyprint": ("app/printing/pdf/",),
    "routing": ("routing/", "app/dispatch/planning/", "app/dispatch/drafts/editing.py"),
}
COUNTERS = {f"qty_{s}" for s in ("allocated", "dropped_off", "accepted", "disputed", "short", "cancelled", "refunded")}
COMMANDS_ELSEWHERE = {
    "app/core/jobs.py": "the queue is a command's own tool, no topic",
    "app/core/clock_trust.py": "doubts about the date are below every slice, with their table",
    "app/core/log/seals.py": "seals are below every slice, with their table",
    "app/upkeep/accounts.py": "the command line: its refusals are messages of the command line",
    "app/demo/": "makes what no person may make, for demonstrations only",
}
SCHEMA_BASES = {"app/core/input/schemas.py": "the bases of all schemas", "app/core/input/rows.py": "a form of rows"}
WALL_CLOCK = ("datetime.now", "datetime.utcnow", "date.today", "time.time", "datetime.today")


def upward() -> Iterator[object]:
    """Imports go to the own slice or to lower ones."""
    for imported in of_the_application():
        here, there = slice_of(imported.path), imported.module[1]
        if here != "routing" and there != here and RANK[there] >= RANK[here]:
            yield imported


def into_private_rooms() -> Iterator[object]:
    """Pages, schemas and rules of another slice are its own; what it offers are models, services with what their
    commands take, and queries.
    """
    for imported in of_the_application():
        here, there, layer = slice_of(imported.path), imported.module[1], imported.module[-1]
        if here in ASSEMBLY or there in (here, "core"):
            continue
        is_schema = layer == "schemas" and imported.name.endswith("Schema")
        if layer.startswith("views") or is_schema or (layer == "rules" and there != "places"):
            yield imported


def forms_of_another_slice() -> Iterator[object]:
    """What a page loads from a form is a command of its own slice."""
    for path in (path for path in sources() if slice_of(path) not in ("core", *ASSEMBLY)):
        foreign = {
            imported.name.rpartition(".")[2]
            for imported in imports(path)
            if imported.module[0] == "app" and imported.module[-1] == "schemas"
            if imported.module[1] not in (slice_of(path), "core")
        }
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("Form", "RowForm", "load"):
                loaded = {each.id for each in node.args[:1] if isinstance(each, ast.Name)}
                yield from (f"{where(path)}:{node.lineno} loads {name}" for name in loaded & foreign)


def to_a_sister_topic() -> Iterator[object]:
    """A topic imports lower topics of its slice. Pages stand above: they may show what any topic of the slice knows."""
    for imported in of_the_application():
        here = parts(imported.path)
        if imported.module[:2] != here[:2] or not topic_of(here) or not topic_of(imported.module):
            continue
        order = TOPICS[here[1]].split()
        is_page = here[-1].startswith("views")
        if not is_page and order.index(topic_of(imported.module)) > order.index(topic_of(here)):
            yield imported


def unnamed_topics() -> Iterator[object]:
    for folder in sorted((ROOT / "app").glob("*/*/__init__.py")):
        slice_name, topic = folder.parts[-3:-1]
        if topic not in TOPICS.get(slice_name, "").split():
            yield f"app/{slice_name}/{topic} has no place in TOPICS"


def circles() -> Iterator[object]:
    """No module imports itself by way of others, not even inside a function."""
    graph = {parts(path): {imported.module for imported in imports(path)} - {parts(path)} for path in sources()}
    while True:
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            circle = error.args[1]
            yield " imports ".join(".".join(module) for module in reversed(circle))
            graph[circle[1]].discard(circle[0])
        else:
            return


def impure_rules() -> Iterator[object]:
    forbidden = ("flask", "sqlalchemy", "flask_sqlalchemy", "time", "random")
    for path in (path for path in sources() if path.name.startswith("rules") and slice_of(path) != "routing"):
        for imported in imports(path):
            outside = imported.module[0] != "app"
            foreign = not outside and imported.module[1] not in (slice_of(path), "core")
            layered = not outside and imported.module[-1] in ("db", "service", "views")
            if (outside and imported.name.split(".")[0] in forbidden) or foreign or layered:
                yield imported


def rules_without_a_caller() -> Iterator[object]:
    """What a test exercises is what the product calls: a public name of a rules module is reached from another one."""
    for path in (path for path in sources() if path.name.startswith("rules") and slice_of(path) != "routing"):
        defined = definitions(path)
        reached: set[str] = set()
        waiting = set(names_taken()[".".join(parts(path))])
        while waiting:
            name = waiting.pop()
            reached.add(name)
            waiting |= names_in(defined[name]) & defined.keys() - reached if name in defined else set()
        for name, node in defined.items():
            if not name.startswith("_") and name not in reached:
                yield f"{where(path)}:{node.lineno} {name} has no caller in the product"


def definitions(path: Path) -> dict[str, ast.stmt]:
    """The functions, classes and constants of a module by name."""
    found: dict[str, ast.stmt] = {}
    for node in tree(path).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id: node for target in targets if isinstance(target, ast.Name)}
    return found


def names_in(node: ast.AST) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


@cache
def names_taken() -> dict[str, set[str]]:
    """Module → what other modules use of it, as `from module import name` or as `module.name`."""
    taken: dict[str, set[str]] = defaultdict(set)
    for path in sources():
        aliases: dict[str, str] = {}
        attributes: list[tuple[str, str]] = []
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    taken[str(node.module)].add(alias.name)
                    aliases[alias.asname or alias.name] = f"{node.module}.{alias.name}"
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                attributes.append((node.value.id, node.attr))
        for name, attribute in attributes:
            if name in aliases:
                taken[aliases[name]].add(attribute)
    return taken


def models_above_models() -> Iterator[object]:
    for imported in of_the_application():
        if imported.path.name == "models.py" and imported.path.parent.name != "app":
            layer = imported.module[-1]
            if imported.module[1] != "core" and not layer.startswith("models") and layer != "permissions":
                yield imported


def library_importers() -> Iterator[object]:
    for path in sources():
        for imported in imports(path):
            library = imported.name.split(".")[0]
            if library in IMPORTERS and not where(path).startswith(IMPORTERS[library]):
                yield f"{where(path)}:{imported.line} imports {library}"


def routing_leaves_home() -> Iterator[object]:
    for path in sources():
        if slice_of(path) == "routing":
            for imported in imports(path):
                if imported.name.split(".")[0] in ("app", "flask", "sqlalchemy"):
                    yield f"{where(path)}:{imported.line} imports {imported.name}"


def commits_outside_the_database_module() -> Iterator[object]:
    for path in sources():
        if where(path) != "app/core/db.py" and "upkeep" not in path.parts and path.parts[-2] != "routing":
            yield from (f"{where(path)}:{line} commits" for name, line in called(path) if name.endswith(".commit"))


def other_clocks() -> Iterator[object]:
    for path in sources():
        if where(path) != "app/core/clock.py" and slice_of(path) != "routing":
            yield from (f"{where(path)}:{line} reads {name}" for name, line in called(path) if name in WALL_CLOCK)


def requests_read_below_the_pages() -> Iterator[object]:
    """Requests are read in pages, access and error pages only."""
    for path in sources():
        may = path.name.startswith("views") or slice_of(path) in ("access", "factory", "assets")
        if may or where(path) in ("app/core/errors.py", "app/oversight/navigation.py"):
            continue
        for imported in imports(path):
            if imported.name in ("flask.request", "flask.session", "flask.g"):
                yield f"{where(path)}:{imported.line} imports {imported.name}"


def counters_set_by_hand() -> Iterator[object]:
    """No assignment to a counter of an order line or lot outside the two modules that own them (D7)."""
    for path in sources():
        if where(path) in ("app/ordering/stages.py", "app/stock/lots.py"):
            continue
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Assign | ast.AugAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for target in targets:
                    if isinstance(target, ast.Attribute) and target.attr in COUNTERS:
                        yield f"{where(path)}:{node.lineno} sets {target.attr}"


def commands_outside_services() -> Iterator[object]:
    """A function decorated with `@command` stands in a `service.py`; the exceptions are named with their reason."""
    for path in sources():
        if path.name == "service.py" or where(path).startswith(tuple(COMMANDS_ELSEWHERE)):
            continue
        for node in ast.walk(tree(path)):
            decorators = [ast.unparse(one) for one in getattr(node, "decorator_list", ())]
            if "command" in decorators or "db.command" in decorators:
                yield f"{where(path)}:{node.lineno} {getattr(node, 'name', '')} is a command"


def schemas_outside_schemas() -> Iterator[object]:
    """What a form sends is declared in a `schemas.py`, once, at the top of the file: no class is made per request.

    That is a schema, or a dataclass whose fields are annotated with what is taken for them.
    """
    for path in (path for path in sources() if slice_of(path) != "routing" and where(path) not in SCHEMA_BASES):
        for node in ast.walk(tree(path)):
            is_schema = isinstance(node, ast.ClassDef) and any(_is_schema(ast.unparse(base)) for base in node.bases)
            is_input = isinstance(node, ast.Subscript) and ast.unparse(node.value) == "Annotated"
            if is_input and path.name != "schemas.py":
                yield f"{where(path)}:{node.lineno} says what is taken for a field"
            if is_schema and (path.name != "schemas.py" or node not in tree(path).body):
                yield f"{where(path)}:{node.lineno} {node.name} is a schema"
        for name, line in called(path):
            if path.name == "schemas.py" and (name == "type" or name.endswith(".from_dict")):
                yield f"{where(path)}:{line} makes a class with {name}"


def _is_schema(base: str) -> bool:
    return base.endswith("Schema") or base == "Form"


def unused_exceptions() -> Iterator[object]:
    """An exception that is needed no more is struck from its list."""
    for place in (*COMMANDS_ELSEWHERE, *SCHEMA_BASES):
        if not (ROOT / place).exists():
            yield f"{place} is gone"


def talkative_packages() -> Iterator[object]:
    """The `__init__.py` of a package holds its docstring only."""
    for path in (path for path in sources() if path.name == "__init__.py" and slice_of(path) != "routing"):
        body = tree(path).body
        if len(body) != 1 or not isinstance(body[0], ast.Expr) or not isinstance(body[0].value, ast.Constant):
            yield f"{where(path)} does more than say what it is"


def long_files() -> Iterator[object]:
    limits = [(path, 400) for path in (*sources(), *(ROOT / "tests").rglob("*.py"))]
    for path, most in [*limits, *((path, 150) for path in (ROOT / "templates").rglob("*.html"))]:
        lines = len(path.read_text("utf-8").splitlines())
        if lines > most:
            yield f"{where(path)} has {lines} lines"


def crowded_folders() -> Iterator[object]:
    for folder in sorted({path.parent for path in sources() if path.parts[len(ROOT.parts)] == "app"}):
        files = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
        if len(files) > MOST_FILES:
            yield f"{where(folder)} has {len(files)} files on one floor"


def classes_of_one_name() -> Iterator[object]:
    """A class name stands for one thing in the whole project, so that a search for it finds that thing."""
    places: dict[str, list[str]] = defaultdict(list)
    for path in sources():
        for node in tree(path).body:
            if isinstance(node, ast.ClassDef):
                places[node.name].append(f"{where(path)}:{node.lineno}")
    yield from (f"{name}: {', '.join(found)}" for name, found in places.items() if len(found) > 1)


def names_that_say_nothing() -> Iterator[object]:
    for path in sources():
        if path.stem in ("util", "utils", "helpers", "common", "misc", "manager"):
            yield where(path)


RULES = (
    upward,
    into_private_rooms,
    forms_of_another_slice,
    to_a_sister_topic,
    unnamed_topics,
    circles,
    impure_rules,
    rules_without_a_caller,
    models_above_models,
    library_importers,
    routing_leaves_home,
    commits_outside_the_database_module,
    other_clocks,
    requests_read_below_the_pages,
    counters_set_by_hand,
    commands_outside_services,
    schemas_outside_schemas,
    unused_exceptions,
    talkative_packages,
    long_files,
    crowded_folders,
    classes_of_one_name,
    private_names_in_tests,
    reading_beside_the_checkout,
    names_that_say_nothing,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_no_file_breaks_the_rule(rule: object) -> None:
    assert callable(rule)
    offenders = [str(offender) for offender in rule()]
    assert offenders == [], "\n".join(offenders)
