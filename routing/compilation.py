"""Compiling the kernel before the clock starts; the machine code is kept on disk, so this takes long only once.

The first call of an installation compiles for about half a minute of one core. Whoever waits can still cancel: the
compiler runs in a thread of its own, and later calls wait for the same one.
"""

from __future__ import annotations

from concurrent.futures import Future
from functools import cache
from threading import Thread

import numpy as np

from routing.draft import Draft
from routing.model import Depot, RoutingProblem, Stop, Vehicle
from routing.plan import SearchBudget, SearchControl
from routing.travel_times import TravelMatrix

ASK_EVERY_S = 0.1


def ensure_compiled(control: SearchControl | None = None) -> bool:
    """Wait until the kernel is ready.

    Parameters
    ----------
    control : SearchControl, optional
        Its cancel event is looked at ten times a second.

    Returns
    -------
    bool
        False if the caller cancelled before.
    """
    ready = start_compiling()
    while True:
        try:
            ready.result(ASK_EVERY_S)
        except TimeoutError:
            if control is not None and control.is_cancelled:
                return False
        else:
            return True


def is_kept() -> bool:
    """Whether the machine code of these sources is on disk already."""
    from routing.kernel.compiled import FOLDER

    return FOLDER is not None and any(FOLDER.rglob("*.nbc"))


@cache
def start_compiling() -> Future[None]:
    """The one compilation of this process, started by whoever asks first."""
    ready: Future[None] = Future()

    def work() -> None:
        try:
            _run_once()
        except BaseException as failure:  # handed to whoever waits
            ready.set_exception(failure)
        else:
            ready.set_result(None)

    Thread(target=work, name="compiling", daemon=True).start()
    return ready


def _run_once() -> None:
    """Run all compiled functions on two stops."""
    from routing.bound import lower_bound
    from routing.warm import start_search

    metres = np.array([[0, 1, 2], [1, 0, 1], [2, 1, 0]], dtype=np.int32)
    stops = (Stop("a", 1), Stop("b", 2))
    problem = RoutingProblem((Depot("d", 0),), stops, (Vehicle("v", "d"),), (TravelMatrix("foot", metres, metres),))
    search = start_search(problem, Draft({"v": [["a"]]}), seed=1)
    search.run(SearchBudget(iterations=1), lambda _: True)
    lower_bound(problem)
