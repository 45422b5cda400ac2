"""What one render may cost, and the ways it can fail."""

import os
from dataclasses import dataclass, field

PATIENCE = 5


class RenderError(Exception):
    """Printing failed; nothing was written."""


class RenderTimeout(RenderError):
    """A chunk took longer than allowed; its process was killed."""


class RenderTooLarge(RenderError):
    """A sheet has more pages than allowed."""


class RenderCrashed(RenderError):
    """The render process died (out of memory, killed, broken library)."""


class RenderCancelled(RenderError):
    """Somebody asked to stop."""


class ForbiddenFetch(RenderError):
    """A sheet asked for something that is not an asset of the project."""


@dataclass(frozen=True)
class RenderLimits:
    """Limits of one render. ``seconds``: processor time a chunk; ``pages``: a sheet; ``memory_bytes``: a process.

    ``chunk``: sheets in one file, so sheets that share their fonts; twice as many cost 10 MB of memory and save a fifth
    of the time of short sheets. On a busy machine a chunk may wait for its turn, so the clock on the wall is given
    ``PATIENCE`` times as long. ``is_fast``: with the patches of the engine, where they fit it; the same bytes come out
    without them.
    """

    seconds: int = 60
    memory_bytes: int = 1 << 30
    pages: int = 500
    chunk: int = 50
    processes: int = field(default_factory=lambda: max(1, os.cpu_count() or 1))
    is_fast: bool = True

    @property
    def each(self) -> tuple[int, int, int, bool]:
        """What one process is allowed; processes that agree in it can stand in for one another."""
        return self.seconds, self.memory_bytes, self.pages, self.is_fast

    @property
    def wall_seconds(self) -> int:
        """After this time on the wall a silent process is killed."""
        return self.seconds * PATIENCE
