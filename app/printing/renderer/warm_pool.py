"""Render processes that wait for the next print: starting one costs more than a building's sheet.

A process is kept for two minutes and retired after a number of chunks, so that memory stays flat. A worker asks for
one to be kept warm for sheets that somebody waits for.
"""

from __future__ import annotations

import atexit
import tempfile
import threading
from pathlib import Path

from app.printing.limits import RenderLimits
from app.printing.renderer.process import RenderProcess

KEEP_SECONDS = 120.0
CHUNKS_A_LIFE = 40
_FIRST_WORDS = "<body class=portrait><h1>楼达 0123456789</h1><p>发放表 <b>楼栋交接单</b> □"

_lock = threading.Lock()
_idle: list[RenderProcess] = []
_warm: list[RenderProcess] = []  # at most one; lent first to small prints


def borrow(limits: RenderLimits) -> RenderProcess:
    """Return a warm process with these limits, or a new one that starts with its first chunk."""
    with _lock:
        for waiting in (_idle,) if limits.processes > 1 else (_warm, _idle):
            for process in waiting:
                if process.limits.each == limits.each and process.is_alive:
                    waiting.remove(process)
                    return process
    return RenderProcess(limits)


def keep_warm(limits: RenderLimits | None = None) -> None:
    """Have one process ready, with the fonts it needs for Chinese text, until `stop_all`."""
    with _lock:
        if any(process.is_alive for process in _warm):
            return
    process = RenderProcess(limits or RenderLimits(processes=1))
    with tempfile.TemporaryDirectory(prefix="louda-warm-") as folder:
        process.render([_FIRST_WORDS], Path(folder) / "warm.pdf")
    with _lock:
        _warm.append(process)


def give_back(process: RenderProcess) -> None:
    """Keep a healthy process for a while; stop a worn or dead one."""
    if not process.is_alive or process.chunks >= CHUNKS_A_LIFE:
        process.stop()
        return
    with _lock:
        (_idle if process.limits.processes > 1 or _warm else _warm).append(process)
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
        waiting = [*_idle, *_warm]
        _idle.clear()
        _warm.clear()
    for process in waiting:
        process.stop()
