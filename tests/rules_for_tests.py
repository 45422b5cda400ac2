"""What tests may read: rules of `tests/test_architecture.py` about the tests themselves."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache

from tests.source_tree import files_of_tests, sources, tree, where

OF_LIBRARIES = {"_trace"}  # a private name of ours that is one of werkzeug as well
ATTRIBUTE_CALLS = ("setattr", "getattr", "delattr", "hasattr", "patch", "object")
BESIDE = "".join(("sha", "red"))  # the folder of real data beside a checkout, spelt so that this is no use of it


def private_names_in_tests() -> Iterator[object]:
    """A test reads what the product offers: no name of its own that begins with an underscore is imported, read or set.

    Private names of Python, of a library or of the test itself are not meant; `self._x` is the test's own.
    """
    private = private_names_of_the_product()
    for path in files_of_tests():
        for node in ast.walk(tree(path)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.ImportFrom) else []
            if isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] not in ("app", "routing"):
                names = []
            elif isinstance(node, ast.Attribute) and ast.unparse(node.value) not in ("self", "cls"):
                names = [node.attr]
            elif isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in ATTRIBUTE_CALLS:
                names = [str(arg.value).rpartition(".")[2] for arg in node.args[:2] if isinstance(arg, ast.Constant)]
            yield from (f"{where(path)}:{getattr(node, 'lineno', 0)} reads {name}" for name in names if name in private)


@cache
def private_names_of_the_product() -> frozenset[str]:
    """What app/ and routing/ define under a private name: functions, classes, variables, attributes of objects."""
    names: set[str] = set()
    for path in sources():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                names.add(node.name)
            elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
                names.add(node.id if isinstance(node, ast.Name) else node.attr)
    private = {name for name in names if name.startswith("_") and not name.startswith("__")}
    return frozenset(private - {"_", *OF_LIBRARIES})


def reading_beside_the_checkout() -> Iterator[object]:
    """Real data are found by `tests/sample_data.py` alone, which gives each test a sample of our own as well."""
    for path in (path for path in files_of_tests() if path.stem != "sample_data"):
        for node in (node for node in ast.walk(tree(path)) if isinstance(node, ast.Constant)):
            if node.value == BESIDE or f"{BESIDE}/" in str(node.value):
                yield f"{where(path)}:{node.lineno} reads {node.value!r}"
