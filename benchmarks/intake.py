"""Intake at its limits: a roster of 30,000 households, a chain of 800 lines, text made to hurt.

    python benchmarks/intake.py [--households 30000] [--skip-roster]

Prints CPU seconds (this process and the readers it starts; other work on the machine does not count), what they are as
a multiple of a yardstick loop of the same run, and the peak memory. Each measure runs in a process of its own, so that
the peaks are its own. Nothing here is a test: tests/intake holds the limits.
"""

from __future__ import annotations

import argparse
import io
import random
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import xlsxwriter

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app.core.input.tables import OPERATOR  # noqa: E402
from app.factory import create_app  # noqa: E402
from app.intake.grammar.chain import parse_chain  # noqa: E402
from app.intake.grammar.goods.lexicon import Lexicon  # noqa: E402
from app.places.address.rules import Profile, Register, RegisteredHousehold  # noqa: E402
from app.places.imports import service as imports_service  # noqa: E402
from app.places.imports.tables.kinds import RegisterTableKind  # noqa: E402
from app.places.imports.tables.options import RegisterImportOptions  # noqa: E402
from app.settings import Settings  # noqa: E402
from app.upkeep.database import schema  # noqa: E402


def spent() -> float:
    """CPU seconds of this process and of the children it waited for."""
    found = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in found)


def peak_mb() -> int:
    """The most memory this process, or a reader it started, has held, in MB."""
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(who).ru_maxrss for who in whose) // 1024


def yardstick() -> float:
    """CPU seconds of a fixed piece of pure Python: what this machine can do at this moment."""
    begin = spent()
    total = 0
    for number in range(3_000_000):
        total = (total * 31 + number) % 1_000_003
    return spent() - begin


def measure(name: str, work: Callable[[], object]) -> None:
    """Run, and print a line."""
    unit = yardstick()
    begin = spent()
    said = work()
    used = spent() - begin
    print(f"{name:58} {used:7.2f} s CPU  {used / unit:7.1f} yardsticks  peak {peak_mb():4} MB  {said}", flush=True)


def roster(households: int) -> bytes:
    """A roster as XLSX: compounds of 10 buildings with 3 stairwells, 10 floors and 4 rooms each."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"constant_memory": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["小区", "楼栋", "单元", "房号", "人数"])
    for number in range(households):
        room, rest = number % 4 + 1, number // 4
        floor, rest = rest % 10 + 1, rest // 10
        well, rest = rest % 3 + 1, rest // 3
        row = [f"第{rest // 10 + 1}苑", f"{rest % 10 + 1}幢", f"{well}单元", f"{floor}{room:02d}", number % 5 + 1]
        sheet.write_row(number + 1, 0, row)
    book.close()
    return buffer.getvalue()


def settings_in(folder: Path) -> Settings:
    """An installation of its own."""
    return Settings(
        env="testing",
        secret_key="measured-" * 5,
        database_url=f"sqlite:///{folder / 'louda.db'}",
        data_dir=folder,
        documents_dir=folder / "documents",
        backups_dir=folder / "backups",
    )


def bring(households: int) -> None:
    """The ordinary import, first and again."""
    body = roster(households)
    compounds = -(-households // 1200)
    with tempfile.TemporaryDirectory() as folder:
        settings = settings_in(Path(folder))
        schema.upgrade(settings)
        with create_app(settings).app_context():
            office = imports_service.found_subdistrict("330102099", "测量街道")
            by, options = imports_service.operator_of(office.id), RegisterImportOptions(office.id, datum="wgs84")
            tables = {
                RegisterTableKind.COMMUNITIES: [["社区编号", "社区"], ["1", "测量社区"]],
                RegisterTableKind.POINTS: [
                    ["点位", "社区", "纬度", "经度"],
                    ["测量点位", "测量社区", "30.25", "120.2"],
                ],
                RegisterTableKind.COMPOUNDS: [
                    ["小区", "社区"],
                    *([f"第{n + 1}苑", "测量社区"] for n in range(compounds)),
                ],
                RegisterTableKind.BUILDINGS: [
                    ["小区", "楼栋", "点位"],
                    *([f"第{n // 10 + 1}苑", f"{n % 10 + 1}幢", "测量点位"] for n in range(compounds * 10)),
                ],
            }
            for kind, rows in tables.items():
                text = "\n".join(",".join(row) for row in rows).encode()
                imports_service.import_table(by, imports_service.RegisterUpload(text, kind, options, OPERATOR))
            upload = imports_service.RegisterUpload(body, RegisterTableKind.ROOMS, options, OPERATOR)

            def once() -> str:
                plan = imports_service.import_table(by, upload)
                return f"added {len(plan.added)}, changed {len(plan.changed)}, unchanged {plan.unchanged}"

            measure(f"roster of {households} households, first", once)
            measure(f"roster of {households} households, again", once)


def lane() -> Register:
    """93 houses of 90 rooms each."""
    rooms = [(house, floor * 100 + room) for house in range(1, 94) for floor in range(1, 19) for room in range(1, 6)]
    homes = (RegisteredHousehold(f"{house}/{room}", "嘉怡水岸", str(house), "", str(room)) for house, room in rooms)
    return Register(homes, [Profile("嘉怡水岸", ("紫龙路500弄",))])


def read(name: str) -> None:
    """One text, read against the lane."""
    register = lane()
    text = TEXTS[name]()

    def once() -> str:
        result = parse_chain(text, register, Lexicon())
        return f"{len(text) // 1000} k characters, {len(result.lines)} lines"

    measure(name, once)


def plain_lines() -> str:
    chance = random.Random(7)
    rows = (
        f"{n}. {chance.randint(1, 93)}-{chance.randint(1, 18)}0{chance.randint(1, 5)} 王阿姨"
        f" 鸡蛋{chance.randint(1, 5)}盒，牛奶2箱 放门口"
        for n in range(1, 801)
    )
    return "#接龙\n土豆\n" + "\n".join(rows)


def noise(alphabet: str, size: int, width: int = 0) -> Callable[[], str]:
    """Characters of the alphabet, in lines of a width where one is given."""

    def made() -> str:
        chance = random.Random(7)
        whole = "".join(chance.choice(alphabet) for _ in range(size))
        return "\n".join(whole[at : at + width] for at in range(0, size, width)) if width else whole

    return made


TEXTS: dict[str, Callable[[], str]] = {
    "800 plain lines": plain_lines,
    "114 kB of digits": noise("0123456789", 114_000),
    "114 kB of everything": noise("12. -号份栋x*+（）各改不要了\n王", 114_000),
    "41 kB of numbers and dashes in lines of 30": noise("0123456789-", 41_000, 30),
    "41 kB of numbers and dashes in lines of 12": noise("0123456789-", 41_000, 12),
    "41 kB of numbers and blanks in lines of 80": noise("0123456789 ", 41_000, 80),
    "41 kB of room-like numbers in lines of 30": noise("12-302 ", 41_000, 30),
    "41 kB of goods in lines of 30": noise("鸡蛋2盒土豆3袋 ", 41_000, 30),
    "41 kB of words that change orders": noise("12-302代送到各改成取消", 41_000, 30),
}


def main() -> None:
    """All measures, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--households", type=int, default=30_000)
    parser.add_argument("--skip-roster", action="store_true")
    parser.add_argument("--only", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.only == "roster":
        bring(chosen.households)
    elif chosen.only:
        read(chosen.only)
    else:
        for name in ([] if chosen.skip_roster else ["roster"]) + list(TEXTS):
            call = [sys.executable, __file__, "--only", name, "--households", str(chosen.households)]
            subprocess.run(call, check=True)


if __name__ == "__main__":
    main()
