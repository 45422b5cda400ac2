"""What a whole tree of processes used: a browser leaves most of its work to children that nobody waits for."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

_TICKS = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


class Watch:
    """Looks at all descendants of this process every so often while it is entered.

    ``cpu``: processor seconds of all of them in that time, those that have ended included. ``one_mb``: the most memory
    that any one held. ``all_mb``: the most that all held together, shared pages counted once.
    """

    def __init__(self, every: float = 0.2) -> None:
        self._every = every
        self._seen: dict[tuple[int, str], float] = {}  # process and when it began → its seconds so far
        self._before = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.own = 0.0  # seconds of the watching itself
        self.one_mb = self.all_mb = 0

    def __enter__(self) -> Self:
        self._look()
        self._before = sum(self._seen.values())
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join()
        self._look()

    @property
    def cpu(self) -> float:
        return sum(self._seen.values()) - self._before

    def _run(self) -> None:
        while not self._stop.wait(self._every):
            self._look()
            self.own = time.thread_time()

    def _look(self) -> None:
        sizes = []
        for pid, began, seconds in _descendants(os.getpid()):
            self._seen[pid, began] = seconds
            sizes.append(_memory(pid))
        self.one_mb = max([self.one_mb, *(rss for rss, _pss in sizes)])
        self.all_mb = max(self.all_mb, sum(pss for _rss, pss in sizes))


def _descendants(root: int) -> Iterator[tuple[int, str, float]]:
    parents, facts = {}, {}
    for path in _PROC.glob("[0-9]*/stat"):
        try:
            fields = path.read_text("utf-8", "replace").rpartition(")")[2].split()
        except OSError:
            continue
        pid = int(path.parent.name)
        parents[pid] = int(fields[1])
        facts[pid] = (fields[19], (int(fields[11]) + int(fields[12])) / _TICKS)
    for pid in parents:
        above = parents[pid]
        while above not in (root, 0, None):
            above = parents.get(above, 0)
        if above == root:
            yield pid, *facts[pid]


def _memory(pid: int) -> tuple[int, int]:
    """Resident and proportional size in MB."""
    try:
        lines = (_PROC / str(pid) / "smaps_rollup").read_text("utf-8").splitlines()
    except OSError:
        return 0, 0
    found = {line.split(":")[0]: int(line.split()[1]) // 1024 for line in lines if line.startswith(("Rss:", "Pss:"))}
    return found.get("Rss", 0), found.get("Pss", 0)
