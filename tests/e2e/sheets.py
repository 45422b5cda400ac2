"""The gallery of the sheets: `python tests/e2e/sheets.py [--out docs/pictures/sheets]`.

Prints every kind of sheet of the demo subdistrict, in Chinese and some in two languages, and turns the pages worth
showing into PNG files 900 points wide. What the demo's day has no cause for (money, complaints, slips) is shown with
the invented day of the tests. Not a test: what must be on paper is tested elsewhere.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from PIL import Image  # noqa: E402
from sqlalchemy import select  # noqa: E402

from app.core.db import db  # noqa: E402
from app.core.queue.worker import drain  # noqa: E402
from app.factory import create_app  # noqa: E402
from app.printing.centre import service  # noqa: E402
from app.printing.files import opened  # noqa: E402
from app.printing.kinds import listed  # noqa: E402
from app.printing.layout.labels import STOCKS  # noqa: E402
from app.printing.limits import RenderLimits  # noqa: E402
from app.printing.models import Document  # noqa: E402
from app.printing.paper_setup.service import SavePaper, save_paper  # noqa: E402
from app.printing.renderer.engine import render_to_file  # noqa: E402
from tests.e2e.pictures import Scene, build, look_around, supplies_team  # noqa: E402
from tests.printing.invented import a_kit, every_sheet, stamped  # noqa: E402
from tests.printing.invented_residents import for_residents, hostile_labels  # noqa: E402

WIDTH, COLOURS, ALL_KB = 900, 8, 6000
BILINGUAL = ("route_sheet", "hand_out_list", "drop_off_sheet", "door_notice")
INVENTED = ("exception_list", "settlement_sheet", "collection_sheet", "collection_slip", "label_test_a4-2x7")


@dataclass(frozen=True)
class Shot:
    """A page that becomes a picture."""

    name: str
    file: Path
    page: int


def printed(scene: Scene) -> list[Document]:
    """Bring every sheet of the demo's day up to date."""
    kinds = tuple(kind.key for kind in listed())
    service.request_printing(supplies_team(), scene.running, service.PrintRequest(kinds))
    drain()
    db.session.expire_all()
    found = select(Document).where(Document.cycle_id == scene.running, Document.state != "superseded")
    return list(db.session.scalars(found.order_by(Document.id)))


def telling(kind: str, documents: Iterable[Document], scene: Scene) -> Document | None:
    """The sheet of a kind that shows most: the long round, the point, the building where bags wait."""
    subjects = {"route_sheet": scene.round, "tally": scene.point, "hand_out_list": scene.dropped_building}
    own = [one for one in documents if one.kind == kind]
    wanted = [one for one in own if one.subject_id == subjects.get(kind)]
    most = sorted(own, key=lambda one: (-one.totals.get("bags", 0), one.id))
    return next(iter(wanted or most), None)


def of_demo(scene: Scene, kinds: Iterable[str], suffix: str = "") -> Iterator[Shot]:
    documents = printed(scene)
    for kind in kinds:
        chosen = telling(kind, documents, scene)
        if chosen is None or kind in INVENTED:
            continue
        yield Shot(f"{kind}{suffix}", Path(str(opened(chosen.sha256))), chosen.first_page)


def of_invention(folder: Path) -> Iterator[Shot]:
    """What the demo has no cause for, blank forms, and labels with the longest texts."""
    made = {name: sheet for name, sheet in {**every_sheet(), **for_residents()}.items() if name in INVENTED}
    made |= {"route_sheet_sealed": every_sheet()["route_sheet"], "hand_out_list_lift": every_sheet()["hand_out_list"]}
    made |= {f"label_{key}_longest": hostile_labels(stock) for key, stock in STOCKS.items()}
    made |= dict(zip(("kit_cover", "blank_tally", "blank_order", "blank_exceptions"), a_kit(), strict=True))
    for name, sheet in made.items():
        out = folder / f"{name}.pdf"
        render_to_file([stamped(sheet, revision=1)], out, RenderLimits(processes=1))
        yield Shot(name, out, 1)


def take(shot: Shot, folder: Path, out: Path) -> None:
    """One page as a small picture; paper has no colours, eight greys are enough."""
    draft = folder / "page"
    page = str(shot.page)
    command = ["pdftoppm", "-r", "150", "-gray", "-png", "-singlefile", "-f", page, "-l", page]
    subprocess.run([*command, str(shot.file), str(draft)], check=True)
    target = out / f"{shot.name.replace('_', '-')}.png"
    with Image.open(f"{draft}.png") as picture:
        width = min(WIDTH, picture.width)
        height = round(picture.height * width / picture.width)
        picture.resize((width, height), Image.Resampling.LANCZOS).quantize(COLOURS).save(target, optimize=True)
    print(f"{target.name:<36}{target.stat().st_size // 1024:>5} kB", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "pictures" / "sheets")
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="louda-gallery-") as name:
        folder = Path(name)
        app = create_app(replace(build(folder), public_url="https://louda.example.cn"))
        with app.app_context():
            scene = look_around()
            for shot in of_demo(scene, [kind.key for kind in listed()]):
                take(shot, folder, out)
            actor = supplies_team()
            save_paper(actor, actor.grants[0].scope_id, SavePaper(is_bilingual=True))
            for shot in of_demo(scene, BILINGUAL, "_en"):
                take(shot, folder, out)
            db.session.remove()
        for shot in of_invention(folder):
            take(shot, folder, out)
    size = sum(path.stat().st_size for path in out.glob("*.png")) // 1024
    print(f"{len(list(out.glob('*.png')))} pictures, {size} kB")
    return 1 if size > ALL_KB else 0


if __name__ == "__main__":
    sys.exit(main())
