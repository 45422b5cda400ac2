"""Render processes that wait for the next print: starting one costs more than a building's sheet.

A process is kept for two minutes and retired after a number of chunks, so that memory stays flat.
"""

from __future__ import annotations

import atexit
import threading

from app.printing.limits import RenderLimits
from app.printing.process import RenderProcess

KEEP_SECONDS = 120.0
CHUNKS_A_LIFE = 40

_lock = threading.Lock()
_idle: list[RenderProcess] = []


def borrow(limits: RenderLimits) -> RenderProcess:
    """Return a warm process with these limits, or a new one that starts with its first chunk."""
    with _lock:
        for process in _idle:
            if process.limits == limits and process.is_alive:
                _idle.remove(process)
                return process
    return RenderProcess(limits)


def give_back(process: RenderProcess) -> None:
    """Keep a healthy process for a while; stop a worn or dead one."""
    if not process.is_alive or process.chunks >= CHUNKS_A_LIFE:
        process.stop()
        return
    with _lock:
        _idle.append(process)
    timer = threading.Timer(KEEP_SECONDS, _retire, [process, process.chunks])
    timer.daemon = True
    timer.start()


def _retire(process: RenderProcess, chunks: int) -> None:
    with _lock:
        if process not in _idle or process.chunks != chunks:
            return
        _idle.remove(process)
    process.stop()


@atexit.register
def stop_all() -> None:
    """Stop every waiting process."""
    with _lock:
        waiting = list(_idle)
        _idle.clear()
    for process in waiting:
        process.stop()
