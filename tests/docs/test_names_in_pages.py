"""What the pages for developers call by name is there: files, functions, classes, and every name of an example."""

from __future__ import annotations

import ast
import builtins
import re
from functools import cache
from pathlib import Path

import pytest

from app.settings import ROOT

PAGES = (*sorted((ROOT / "docs").rglob("*.md")), *(ROOT / f"{name}.md" for name in ("CONTRIBUTING", "SECURITY")))
EXAMPLE = re.compile(r"^( *)```python\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
FENCED = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
FILE = re.compile(r"[\w.-]+(?:/[\w.-]+)*\.(?:py|html|css|po|csv|txt|toml|lock|sha256)|[a-z_]+(?:/[a-z_]+)*/")
MEMBER = re.compile(r"([a-z_]+(?:/[a-z_]+)+)\.([a-z_]+)(?:\(.*\))?")
CLASS = re.compile(r"@?([A-Z][a-z]+(?:[A-Z][a-z]+)*)(?:\(.*\))?")
OF_AN_EXAMPLE = {"migrations/0027_what_it_does.py", "YourCommand", "X"}
OF_AN_INSTALLATION = ("var/",)
NO_CLASSES = {"Secure", "None"}


@cache
def files() -> frozenset[str]:
    folders = ("app", "routing", "tests", "migrations", "templates", "benchmarks", "docs", ".ci")
    found = [path for folder in folders for path in (ROOT / folder).rglob("*") if "__pycache__" not in path.parts]
    beside = [path for path in ROOT.iterdir() if path.is_file()]
    return frozenset(
        f"/{path.relative_to(ROOT).as_posix()}{'/' if path.is_dir() else ''}" for path in [*found, *beside]
    )


@cache
def defined() -> frozenset[str]:
    """Functions, classes and what modules assign or import, wherever they stand."""
    names: set[str] = set()
    for path in (path for folder in ("app", "migrations", "tests") for path in sorted((ROOT / folder).rglob("*.py"))):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                names.add(node.name)
            elif isinstance(node, ast.ImportFrom | ast.Import):
                names.update(alias.asname or alias.name for alias in node.names)
            elif isinstance(node, ast.Assign) and node.col_offset == 0:
                names.update(target.id for target in node.targets if isinstance(target, ast.Name))
    return frozenset(names)


def is_there(word: str) -> bool:
    """Whether what looks like a file, `module.function` or a class is one; anything else is."""
    if word.startswith(OF_AN_INSTALLATION):
        return True
    if FILE.fullmatch(word):
        return any(one.endswith(f"/{word}") for one in files())
    if member := MEMBER.fullmatch(word):
        path = ROOT / "app" / f"{member[1]}.py"
        return path.exists() and f"\ndef {member[2]}(" in path.read_text("utf-8")
    name = CLASS.fullmatch(word)
    return name is None or name[1] in defined()


def called(example: str) -> set[str]:
    """The names that an example takes from elsewhere."""
    tree = ast.parse(example.replace("…", "..."))
    own = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    return names - own - OF_AN_EXAMPLE - set(dir(builtins))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_name_of_an_example_is_one_of_the_code(page: Path) -> None:
    wanted: set[str] = set()
    for indent, example in EXAMPLE.findall(page.read_text("utf-8")):
        wanted |= called("\n".join(line.removeprefix(indent) for line in example.splitlines()))
    assert wanted - defined() == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_file_function_and_class_that_a_page_names_is_there(page: Path) -> None:
    words = set(CODE.findall(FENCED.sub("", page.read_text("utf-8")))) - OF_AN_EXAMPLE - NO_CLASSES
    assert {word for word in words if not is_there(word)} == set()
