"""Files that leave the print centre: named, ordered, and stamped when they do not hold any more."""

from __future__ import annotations

import io
import subprocess
import zipfile
from pathlib import Path

from flask import Flask

from app.core.db import db
from app.picking.models import Bag
from app.printing.centre.downloads import safe_name
from tests import messages, world
from tests.printing.day import ask, documents
from tests.printing.day import day as day
from tests.world import World


def _text(data: bytes, folder: Path) -> str:
    path = folder / "x.pdf"
    path.write_bytes(data)
    return subprocess.run(["pdftotext", str(path), "-"], check=True, capture_output=True).stdout.decode()


def test_an_archive_has_a_file_a_point_in_a_folder_a_kind_and_the_same_bytes_twice(app: Flask, day: World) -> None:
    ask(day, "tally", "hand_out_list", "route_sheet")
    browser, page = world.sign_in(app, day, "supplies"), f"/cycles/{day.cycle.id}/print"
    answer = browser.get(f"{page}/all.zip")
    names = zipfile.ZipFile(io.BytesIO(answer.data)).namelist()
    assert names == sorted(names)
    kinds = {name.split("/")[0].split(" ", 1)[1] for name in names}
    assert kinds == {messages.TALLY_SHEET, "路线单", "发放表"}
    points = [name.split("/")[1] for name in names if "发放表" in name]
    assert len(points) == len({row.service_point_id for row in documents("hand_out_list")})
    assert any("全街道" in name for name in names)
    assert answer.data == browser.get(f"{page}/all.zip").data
    one = zipfile.ZipFile(io.BytesIO(browser.get(f"{page}/tally.zip").data))
    assert len(one.namelist()) == 2
    assert browser.get(f"{page}/bag_list.zip").status_code == 404


def test_a_leader_gets_an_archive_of_the_own_point_alone(app: Flask, day: World) -> None:
    ask(day, "tally", "hand_out_list", "route_sheet")
    data = world.sign_in(app, day, "leader").get(f"/cycles/{day.cycle.id}/print/all.zip").data
    names = zipfile.ZipFile(io.BytesIO(data)).namelist()
    assert len(names) == 2
    assert not any("路线单" in name for name in names)


def test_a_void_version_says_so_on_each_page_when_it_is_downloaded_again(
    app: Flask, day: World, tmp_path: Path
) -> None:
    ask(day, "hand_out_list")
    old = documents("hand_out_list")[0]
    browser, page = world.sign_in(app, day, "supplies"), f"/cycles/{day.cycle.id}/print"
    assert "VOID" not in _text(browser.get(f"{page}/sheet/{old.id}.pdf").data, tmp_path)
    bag = Bag.__table__.update().where(Bag.building_id == old.subject_id).values(is_heavy=True)
    db.session.execute(bag)
    db.session.commit()
    ask(day, "hand_out_list")
    text = _text(browser.get(f"{page}/sheet/{old.id}.pdf").data, tmp_path)
    assert text.count(f"VOID {old.number}") == old.pages
    new = next(row for row in documents("hand_out_list") if row.subject_id == old.subject_id and row.revision == 2)
    assert "VOID" not in _text(browser.get(f"{page}/sheet/{new.id}.pdf").data, tmp_path)


def test_names_of_files_keep_chinese_and_lose_what_no_folder_takes() -> None:
    assert safe_name("景芳三区/西门: 01") == "景芳三区 西门 01"
    assert safe_name("..\u202e") == "-"
    assert len(safe_name("长" * 500)) == 80


def test_no_browser_keeps_a_file_that_tells_who_gets_what(app: Flask, day: World) -> None:
    ask(day, "hand_out_list", "route_sheet")
    browser, page = world.sign_in(app, day, "supplies"), f"/cycles/{day.cycle.id}/print"
    sheet, trip = documents("hand_out_list")[0], documents("route_sheet")[0]
    files = [f"{page}/all.zip", f"{page}/hand_out_list.zip", f"{page}/sheet/{sheet.id}.pdf"]
    files += [f"{page}/building/{sheet.subject_id}.pdf", f"{page}/round/{trip.subject_id}.pdf"]
    for path in files:
        answer = browser.get(path)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store"), path
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
