"""The source text of the project: files, their slices and topics, what they import and call."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent


class Import(NamedTuple):
    """One imported name: the file, its line, and the module it comes from as parts."""

    path: Path
    line: int
    module: tuple[str, ...]
    name: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line} imports {'.'.join(self.module)}"


@cache
def sources() -> tuple[Path, ...]:
    return (*(path for base in ("app", "routing") for path in sorted((ROOT / base).rglob("*.py"))), ROOT / "wsgi.py")


@cache
def files_of_tests() -> tuple[Path, ...]:
    return tuple(sorted((ROOT / "tests").rglob("*.py")))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def parts(path: Path) -> tuple[str, ...]:
    names = path.relative_to(ROOT).with_suffix("").parts
    return names[:-1] if names[-1] == "__init__" else names


def slice_of(path: Path) -> str:
    names = parts(path)
    return names[1] if names[0] == "app" and len(names) > 1 else names[0]


def topic_of(module: tuple[str, ...]) -> str:
    """The topic of a module of app/, "" for one on the floor of its slice."""
    return module[2] if len(module) > 3 else ""


@cache
def module_of(name: str) -> tuple[str, ...]:
    """The parts of `name` that are a module or package of the project: what stands behind them is inside it."""
    names = name.split(".")
    for length in range(len(names), 0, -1):
        place = ROOT.joinpath(*names[:length])
        if place.with_suffix(".py").exists() or place.is_dir():
            return tuple(names[:length])
    return tuple(names[:1])


@cache
def imports(path: Path) -> tuple[Import, ...]:
    found = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        found += [Import(path, node.lineno, module_of(name), name) for name in names]
    return tuple(found)


def of_the_application() -> Iterator[Import]:
    for path in sources():
        yield from (imported for imported in imports(path) if imported.module[0] == "app" and len(imported.module) > 1)


def called(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node.lineno


def where(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
