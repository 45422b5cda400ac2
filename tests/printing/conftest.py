"""One render of every sheet, shared by the tests of what is on paper."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.printing.limits import RenderLimits
from app.printing.renderer.engine import PageSpan, Rendered, render_to_file
from tests.printing.invented import every_sheet, stamped

ReadText = Callable[[Path, PageSpan], str]


def text_of(path: Path, span: PageSpan) -> str:
    """Return the text of a page range as pdftotext reads it."""
    pages = ["-f", str(span.first), "-l", str(span.first + span.pages - 1)]
    done = subprocess.run(["pdftotext", "-layout", *pages, str(path), "-"], check=True, capture_output=True)
    return done.stdout.decode()


@dataclass(frozen=True)
class Gallery:
    """All sheets in one file; `spans` by name."""

    path: Path
    rendered: Rendered
    spans: dict[str, PageSpan]

    def text(self, name: str) -> str:
        """Return what is printed on the sheet."""
        return text_of(self.path, self.spans[name])


@pytest.fixture(scope="session")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Gallery:
    """Render one of each sheet once."""
    path = tmp_path_factory.mktemp("paper") / "all.pdf"
    sheets = every_sheet()
    rendered = render_to_file([stamped(sheet) for sheet in sheets.values()], path, RenderLimits(processes=2))
    return Gallery(path, rendered, dict(zip(sheets, rendered.spans, strict=True)))
