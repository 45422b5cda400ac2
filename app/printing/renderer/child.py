"""The render process: reads one JSON request a line, writes one JSON answer a line, and can be killed at any time.

Request: {"html": [...], "pages": 500, "seconds": 60, "out": "/path/chunk.pdf"}; the PDF goes to ``out``.
Answer: {"pages": [...], "missing": "...", "boxes": [[[page, x, y, w, h, row, field], ...], ...]}, a list a sheet,
or {"error": class name, "message": text}.
"""

import gc
import json
import math
import os
import resource
import sys
from pathlib import Path
from typing import Any, TextIO

from app.printing.layout.geometry import to_json
from app.printing.limits import RenderError
from app.printing.pdf.patches import switch
from app.printing.pdf.render import render_chunk


def _restrict(memory_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
    # What is loaded by now lives as long as the process: the collection after each chunk need not look at it.
    gc.freeze()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _allow_seconds(seconds: int) -> None:
    """Let the process use this much more processor time; beyond it the kernel ends it (SIGXCPU)."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = math.ceil(used.ru_utime + used.ru_stime) + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    _allow_seconds(request["seconds"])
    try:
        chunk = render_chunk(request["html"], request["pages"])
        Path(request["out"]).write_bytes(chunk.pdf)
    except RenderError as error:
        return {"error": type(error).__name__, "message": str(error)}
    boxes = [to_json(own) for own in chunk.boxes]
    return {"pages": list(chunk.pages), "missing": "".join(chunk.missing), "boxes": boxes}


def serve(requests: TextIO, answers: TextIO) -> None:
    """Answer requests until the input ends, or nobody is left to read the answers."""
    try:
        for line in requests:
            answers.write(json.dumps(_answer(json.loads(line))) + "\n")
            answers.flush()
    except BrokenPipeError:
        os._exit(0)  # whoever asked was killed; closing `answers` would only fail again


def main() -> None:
    """Restrict this process, keep stdout for answers only, and serve. Arguments: bytes of memory; fast or plain."""
    memory_bytes, speed = sys.argv[1:]
    if speed == "fast":
        switch.install()
    _restrict(int(memory_bytes))
    # Libraries may print; their words go to stderr so that they cannot be taken for an answer.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    serve(sys.stdin, answers)


if __name__ == "__main__":
    main()
