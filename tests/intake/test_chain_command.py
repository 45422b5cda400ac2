"""`louda chain parse`: the engine without a database."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.intake.cli import ChainFiles, chain, decoded, parse_chain_file

REGISTER = "compound,building,stairwell,room\n嘉怡水岸,12,,302\n嘉怡水岸,12,,401\n"
CATALOGUE = "item,unit,aliases\n土豆,袋,洋芋|马铃薯\n鸡蛋,盒,\n"
CHAIN = "#接龙\n今日菜品\n\n1. 12-302 洋芋2袋\n2. 12-401 鸡蛋1盒\n3. 12-402 鸡蛋1盒\n"


@pytest.fixture
def files(tmp_path: Path) -> ChainFiles:
    for name, text in (("r.csv", REGISTER), ("c.csv", CATALOGUE), ("chain.txt", CHAIN)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return ChainFiles(str(tmp_path / "chain.txt"), tmp_path / "r.csv", tmp_path / "c.csv")


def test_the_report_has_lines_totals_and_counts(files: ChainFiles) -> None:
    report = parse_chain_file(files)
    assert report["totals"] == {"土豆": 2, "鸡蛋": 1}
    assert report["counts"] == {"ROW": 2, "AMEND": 0, "CANCEL": 0, "REVIEW": 1, "SKIP": 0, "HEAD": 2}
    row = report["lines"][2]
    assert (row["line_no"], row["outcome"]) == (4, "ROW")
    assert row["household"] == {"building": "12", "stairwell": "", "room": "302"}
    assert set(report) == {"lines", "totals", "counts"}
    assert set(row) == {"line_no", "raw", "outcome", "household", "items", "note", "reason", "candidates"}
    assert [(item["item"], item["qty"], item["unit"]) for item in row["items"]] == [("土豆", 2, "袋")]
    assert report["lines"][4]["reason"] == "unknown_room"


def test_the_command_prints_json_and_compares_with_an_earlier_paste(files: ChainFiles) -> None:
    later = CHAIN + "4. 12-401 土豆1袋\n"
    arguments = ["parse", later, "--register", str(files.register), "--catalogue", str(files.catalogue)]
    done = CliRunner().invoke(chain, [*arguments, "--against", files.text, "--json"])
    assert done.exit_code == 0, done.output
    report = json.loads(done.output)
    assert report["relation"] == "newer"
    assert [row["kind"] for row in report["diff"]] == ["unchanged", "unchanged", "unchanged", "added"]
    assert [line["diff"] for line in report["lines"]] == [None, None, *["unchanged"] * 3, "added"]


def test_the_full_form_says_compound_person_and_warnings(files: ChainFiles) -> None:
    done = CliRunner().invoke(chain, ["parse", files.text, "--register", str(files.register), "--full"])
    report = json.loads(done.output)
    assert report["lines"][2]["household"]["compound"] == "嘉怡水岸"
    assert {"titles", "warnings"} <= set(report)


@pytest.mark.parametrize("content", ["a,b\n1,2\n", "compound,building,stairwell,room\n"])
def test_a_register_without_households_is_refused_in_one_sentence(tmp_path: Path, content: str) -> None:
    (tmp_path / "r.csv").write_text(content, encoding="utf-8")
    done = CliRunner().invoke(chain, ["parse", "1. 12-302 2份", "--register", str(tmp_path / "r.csv"), "--json"])
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    assert "r.csv" in done.output


def test_without_json_a_table_is_printed(files: ChainFiles) -> None:
    done = CliRunner().invoke(chain, ["parse", files.text, "--register", str(files.register)])
    assert "土豆" not in done.output.splitlines()[0]
    assert "12-302" in done.output


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_texts_in_the_encodings_of_chinese_offices_are_read(encoding: str) -> None:
    assert decoded(CHAIN.encode(encoding)) == CHAIN


@pytest.mark.parametrize(
    "table",
    [
        REGISTER.encode("utf-8-sig"),
        REGISTER.encode("gb18030"),
        REGISTER.replace("\n", "\r\n").encode(),
        REGISTER.replace(",", ";").encode(),
        REGISTER.replace(",", "\t").encode(),
        REGISTER.replace("compound,building", "Compound , BUILDING").encode(),
        (REGISTER + "嘉怡水岸,12,,302\n").encode(),
        "小区,楼栋,房号\n嘉怡水岸,12,302\n嘉怡水岸,12,401\n".encode(),
    ],
)
def test_a_register_is_read_as_spreadsheets_save_it(files: ChainFiles, table: bytes) -> None:
    files.register.write_bytes(table)
    rows = parse_chain_file(files)["lines"]
    assert [row["outcome"] for row in rows] == ["HEAD", "HEAD", "ROW", "ROW", "REVIEW"]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("compound,stairwell,room\n甲,,1\n", "no column building"),
        ("compound,building,stairwell\n甲,1,\n", "no column room"),
        ("building,room\n1,101\n", "no column compound"),
        ("", "no column compound, building, room"),
        ("compound,building,stairwell,room\n", "no household"),
        ("compound,building,stairwell,room\n" + "甲" * 140_000 + ",1,,101\n", "no CSV table"),
    ],
)
def test_a_register_that_cannot_be_read_is_refused_with_its_reason(files: ChainFiles, table: str, said: str) -> None:
    files.register.write_text(table, "utf-8")
    result = CliRunner().invoke(chain, ["parse", CHAIN, "--register", str(files.register), "--json"])
    assert result.exit_code == 1
    assert said in result.output
    assert "Traceback" not in result.output


def test_no_text_is_no_line(files: ChainFiles) -> None:
    report = parse_chain_file(ChainFiles("", files.register))
    assert (report["lines"], report["totals"], set(report["counts"].values())) == ([], {}, {0})
