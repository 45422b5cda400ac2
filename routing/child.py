"""The child that searches for `routing.supervise`: one call after another over a pipe, until the parent is gone.

    python -m routing.child FD

Compiled code that loops for ever cannot be interrupted from inside its process, so nothing here guards against it: the
parent kills this process. It never outlives the parent, not even while compiled code holds the interpreter.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any

from routing.compilation import ensure_compiled
from routing.model import RoutingProblem
from routing.plan import RoutePlan, SearchBudget, SearchControl, SearchProgress
from routing.replan import How, Replanned, replan
from routing.solve import solve

PR_SET_PDEATHSIG = 1
CANCEL = "cancel"


def solve_from(problem: RoutingProblem, start: RoutePlan | None, **more: Any) -> RoutePlan:
    """`routing.solve.solve` with its start second."""
    return solve(problem, more["budget"], more["seed"], start, more["control"])


def solve_again(problem: RoutingProblem, before: RoutePlan, printed: list[tuple[str, int]], **more: Any) -> Replanned:
    """`routing.replan.replan` with budget, seed and control by keyword."""
    return replan(problem, before, printed, more["budget"], How(seed=more["seed"], control=more["control"]))


def main(fd: int) -> None:
    """Answer calls that come over the pipe `fd`: (name of a function, its arguments, budget, seed)."""
    _end_with_parent()
    pipe = Connection(fd)
    while True:
        try:
            call = pipe.recv()
        except EOFError:
            return
        if call == CANCEL:  # it came after the answer had gone
            continue
        _answer(pipe, *call)


def _answer(pipe: Connection, name: str, arguments: tuple[Any, ...], budget: SearchBudget, seed: int) -> None:
    """Send ("ready", None) when the clock starts, ("progress", SearchProgress) now and then, then ("done", result), or
    ("failed", the error's text)."""
    cancel, over = threading.Event(), threading.Event()
    listener = threading.Thread(target=_listen, args=(pipe, cancel, over), daemon=True)
    try:
        ensure_compiled()
        pipe.send(("ready", None))
        listener.start()
        result = _function(name)(
            *arguments, budget=budget, seed=seed, control=SearchControl(lambda seen: _tell(pipe, seen), cancel)
        )
        answer = ("done", result)
    except Exception as failure:  # the parent logs it and goes on without the search
        answer = ("failed", f"{type(failure).__name__}: {failure}")
    over.set()
    if listener.is_alive():
        listener.join()
    pipe.send(answer)


def _function(name: str) -> Any:
    known = {"solve": solve_from, "replan": solve_again}
    if name in known:
        return known[name]
    module, _colon, attribute = name.partition(":")
    return getattr(import_module(module), attribute)


def _tell(pipe: Connection, seen: SearchProgress) -> None:
    pipe.send(("progress", seen))


def _listen(pipe: Connection, cancel: threading.Event, over: threading.Event) -> None:
    """Wait for the parent's word to stop while a call runs."""
    while not over.is_set() and not cancel.is_set():
        try:
            if pipe.poll(0.1) and pipe.recv() == CANCEL:
                cancel.set()
        except (EOFError, OSError):
            os._exit(1)


def _end_with_parent() -> None:
    """Linux ends us when the parent ends, however it ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    main(int(sys.argv[1]))
