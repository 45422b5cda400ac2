"""`louda docs`: the documentation of docs/, served on this machine or written to a folder; it loads nothing else.

MkDocs is among the test tools: an installation that only runs the site does not carry it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click

from app.settings import ROOT

ADDRESS = "127.0.0.1:8010"


@click.command()
@click.option("--address", default=ADDRESS, show_default=True, help="在这个地址提供 Serve at this address")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="写到此目录，不提供 Write to this folder")
def docs(address: str, out: Path | None) -> None:
    """在本机看文档，改了就刷新。 Read the documentation on this machine; pages follow what is written."""
    what = ["serve", "--dev-addr", address] if out is None else ["build", "--site-dir", str(out.absolute())]
    command = [sys.executable, "-m", "mkdocs", *what, "--strict", "--config-file", str(ROOT / "mkdocs.yml")]
    try:
        status = subprocess.run(command, cwd=ROOT, check=False).returncode
    except KeyboardInterrupt:  # how one stops reading
        status = 0
    raise SystemExit(status)
