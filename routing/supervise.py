"""Searches in a process of their own, killed when it does not come back: one that hangs, crashes or is killed for its
memory costs its plan, not the process that asked for it.
"""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from routing.child import CANCEL
from routing.plan import SearchBudget, SearchControl

GRACE_S = 5.0
"""So long after its budget a search may still come back."""
READY_WITHIN_S = 300.0
"""The first search of an installation compiles for half a minute of one core; a busy machine takes longer."""
KEEP_S = 120.0
LOOK_EVERY_S = 0.25
_ROOT = Path(__file__).resolve().parents[1]


def _nothing() -> None:
    """What is done while a caller waits who has nothing else to do."""


class SearchFailed(RuntimeError):
    """The child raised an error or died."""


class SearchHung(SearchFailed):
    """The child did not come back in time and was killed."""


@dataclass
class Searcher:
    """A child process that searches, one call at a time; started by its first call and after each that failed."""

    grace_s: float = GRACE_S
    _process: subprocess.Popen[bytes] | None = None
    _pipe: Connection | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _calls: int = 0

    def run(
        self,
        name: str,
        *arguments: Any,
        budget: SearchBudget,
        seed: int,
        control: SearchControl,
        while_waiting: Callable[[], None] | None = None,
    ) -> Any:
        """Call a function of `routing.child` in the child.

        `name` is "solve" (arguments: problem, plan to begin from or None), "replan" (problem, plan before, printed
        rounds) or "module:function" for another one; all take budget, seed and control by keyword. `while_waiting` is
        called several times a second, also while the search says nothing; an error that it raises ends the search.

        Raises
        ------
        SearchHung
            It did not come back within its budget and the grace; it is killed.
        SearchFailed
            It raised an error or died.
        """
        with self._lock:
            self._calls += 1
            pipe = self._started()
            try:
                pipe.send((name, arguments, budget, seed))
                return self._awaited(pipe, budget, control, while_waiting or _nothing)
            except (EOFError, OSError) as error:
                self.stop()
                raise SearchFailed("the process that searched has ended") from error
            except BaseException as error:
                if not isinstance(error, SearchFailed) or isinstance(error, SearchHung):
                    self.stop()
                raise
            finally:
                self._retire_later()

    @property
    def pid(self) -> int | None:
        """Process id of the child, None while there is none."""
        return self._process.pid if self._process is not None else None

    def _awaited(
        self, pipe: Connection, budget: SearchBudget, control: SearchControl, while_waiting: Callable[[], None]
    ) -> Any:
        deadline = time.monotonic() + READY_WITHIN_S
        is_told = False
        while time.monotonic() < deadline:
            while_waiting()
            if control.is_cancelled and not is_told:
                is_told = True
                pipe.send(CANCEL)
            if not pipe.poll(LOOK_EVERY_S):
                continue
            kind, value = pipe.recv()
            if kind == "done":
                return value
            if kind == "failed":
                raise SearchFailed(value)
            if kind == "ready" and budget.seconds is not None:
                deadline = time.monotonic() + budget.seconds + self.grace_s
            if kind == "progress" and control.on_progress is not None:
                control.on_progress(value)
        raise SearchHung(f"the search did not come back {self.grace_s:.0f} s after its {budget.seconds} s")

    def _started(self) -> Connection:
        if self._process is not None and self._process.poll() is None and self._pipe is not None:
            return self._pipe
        self.stop()
        ours, theirs = Pipe()
        command = [sys.executable, "-m", "routing.child", str(theirs.fileno())]
        # The command is this interpreter, our module and a number: nothing of it is input.
        self._process = subprocess.Popen(  # noqa: S603
            command, cwd=_ROOT, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, start_new_session=True
        )  # a session of its own, so that `stop` kills whatever the child has started with it
        theirs.close()
        self._pipe = ours
        return ours

    def _retire_later(self) -> None:
        """Let the child go when nobody has called for a while: it holds the compiled search in memory."""
        timer = threading.Timer(KEEP_S, self._retire, [self._calls])
        timer.daemon = True
        timer.start()

    def _retire(self, calls: int) -> None:
        with self._lock:
            if calls == self._calls:
                self.stop()

    def stop(self) -> None:
        """Kill the child; harmless when there is none."""
        process, self._process = self._process, None
        pipe, self._pipe = self._pipe, None
        if pipe is not None:
            pipe.close()
        if process is not None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


searcher = Searcher()
atexit.register(searcher.stop)
