"""The parent's end of one render process."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from app.printing import limits as failures
from app.printing.layout.geometry import Box, from_json, to_json
from app.printing.limits import RenderCrashed, RenderError, RenderLimits, RenderTimeout

_ROOT = Path(__file__).resolve().parents[3]
_KNOWN_ERRORS = {"RenderTooLarge": failures.RenderTooLarge, "ForbiddenFetch": failures.ForbiddenFetch}


@dataclass(frozen=True)
class ChunkAnswer:
    """What a child says of a chunk: pages of each sheet, characters that no font has, boxes of each sheet."""

    pages: tuple[int, ...]
    missing: str
    boxes: tuple[tuple[Box, ...], ...]

    @classmethod
    def of(cls, answer: dict[str, Any]) -> "ChunkAnswer":
        """Read it from JSON."""
        return cls(tuple(answer["pages"]), answer["missing"], tuple(from_json(rows) for rows in answer["boxes"]))

    def to_json(self) -> dict[str, Any]:
        """Return it as `of` reads it."""
        boxes = [to_json(rows) for rows in self.boxes]
        return {"pages": list(self.pages), "missing": self.missing, "boxes": boxes}


class RenderProcess:
    """A child process that renders chunks; use as a context manager. Killed when a chunk takes too long."""

    def __init__(self, limits: RenderLimits) -> None:
        self.limits = limits
        self.chunks = 0
        self._child: subprocess.Popen[str] | None = None
        self._timed_out = False

    def __enter__(self) -> "RenderProcess":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def is_alive(self) -> bool:
        """Whether the child runs."""
        return self._child is not None and self._child.poll() is None

    @property
    def pid(self) -> int | None:
        """Process id of the child, None when there is none."""
        return self._child.pid if self._child else None

    def stop(self) -> None:
        """Kill the child and everything it started; harmless when there is none."""
        child, self._child = self._child, None
        if child is None:
            return
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):  # closing sends what was not sent yet, to nobody
                    pipe.close()

    def render(self, html: Sequence[str], out: Path) -> ChunkAnswer:
        """Render one chunk into ``out``; return pages and boxes of each sheet and the characters without a glyph.

        Raises:
            RenderError: one of its kinds; the child is gone after a timeout or crash and restarts with the next chunk.
        """
        request = {"html": list(html), "pages": self.limits.pages, "seconds": self.limits.seconds, "out": str(out)}
        answer = self._ask(json.dumps(request))
        self.chunks += 1
        if "error" in answer:
            raise _KNOWN_ERRORS.get(answer["error"], RenderError)(answer["message"])
        return ChunkAnswer.of(answer)

    def _ask(self, line: str) -> dict[str, Any]:
        child = self._running()
        self._timed_out = False
        watchdog = threading.Timer(self.limits.wall_seconds, self._on_timeout, [child])
        watchdog.daemon = True
        watchdog.start()
        try:
            assert child.stdin is not None
            assert child.stdout is not None
            child.stdin.write(line + "\n")
            child.stdin.flush()
            reply = child.stdout.readline()
        except (OSError, ValueError):  # the pipe broke, or another thread stopped the process and closed it
            reply = ""
        finally:
            watchdog.cancel()
        if reply:
            answer: dict[str, Any] = json.loads(reply)
            return answer
        used_up = self._exit_code(child) == -signal.SIGXCPU
        self.stop()
        if self._timed_out or used_up:
            raise RenderTimeout(f"not ready after {self.limits.seconds} s")
        raise RenderCrashed("the render process died")

    @staticmethod
    def _exit_code(child: "subprocess.Popen[str]") -> int:
        try:
            return child.wait(timeout=5)
        except subprocess.TimeoutExpired:
            child.kill()
            return child.wait()

    def _on_timeout(self, child: "subprocess.Popen[str]") -> None:
        self._timed_out = True
        child.kill()

    def _running(self) -> "subprocess.Popen[str]":
        if self._child is None:
            speed = "fast" if self.limits.is_fast else "plain"
            command = [sys.executable, "-m", "app.printing.renderer.child", str(self.limits.memory_bytes), speed]
            # The command is this interpreter, our module, a number and one of two words: nothing of it is input.
            self._child = subprocess.Popen(  # noqa: S603
                command,
                cwd=_ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                start_new_session=True,
            )
        return self._child
