"""`louda chain parse TEXT --register R.csv`: the chain engine without a database."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from app.intake import rules
from app.intake.grammar.chain import parse_chain
from app.intake.grammar.goods.lexicon import DEFAULT_LIMIT, Lexicon, LexiconItem
from app.intake.grammar.model import ChainLine, ChainResult, Context, EntryOutcome
from app.places.address.rules import AddressScope, Register, RegisteredHousehold

_COLUMNS = {
    "compound": ("compound", "小区", "小区名称"),
    "building": ("building", "楼栋", "楼号", "栋"),
    "stairwell": ("stairwell", "单元"),
    "room": ("room", "房号", "室", "room_no"),
    "item": ("item", "name", "商品", "名称", "品名", "item_name"),
    "unit": ("unit", "sale_unit", "单位", "售卖单位"),
    "aliases": ("aliases", "alias", "别名"),
    "limit": ("limit", "limit_per_household", "限购"),
}


@dataclass(frozen=True, slots=True)
class ChainFiles:
    """Where the texts and tables are; catalogue and earlier paste may be missing."""

    text: str
    register: Path
    catalogue: Path | None = None
    against: str | None = None
    building: str = ""
    is_full: bool = False
    """Also what the short form leaves out: compound, person, proxy, flags, change, problems, titles, warnings."""


def read_text(source: str) -> str:
    """The text of a file, of standard input (`-`), or the argument itself when no such file exists."""
    if source == "-":
        return decoded(sys.stdin.buffer.read())
    try:
        raw = Path(source).read_bytes()
    except (OSError, ValueError):
        return source
    return decoded(raw)


def decoded(raw: bytes) -> str:
    """UTF-8 with or without a mark, UTF-16 with a mark, else the national encoding GB 18030."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("gb18030", errors="replace")


def _table(path: Path, needed: Iterable[str] = ()) -> list[dict[str, str]]:
    """The rows of a table by our own names of its columns; its first line names them, in either language."""
    text = decoded(path.read_bytes()).replace("\r\n", "\n").replace("\r", "\n")
    first = text.partition("\n")[0]
    mark = next((mark for mark in ",\t;" if mark in first), ",")
    try:
        reader = csv.DictReader(io.StringIO(text), delimiter=mark)
        heads = {str(head).strip().lower() for head in reader.fieldnames or ()}
        missing = [name for name in needed if not heads & set(_COLUMNS[name])]
        if missing:
            names = ", ".join(missing)
            raise click.ClickException(f"{path}: 缺少列 {names} / no column {names}. 第一行 / first line: {first[:80]}")
        return [_row(row) for row in reader]
    except csv.Error as error:
        raise click.ClickException(f"{path}: 不是 CSV 表格 / no CSV table ({error}).") from error


def _row(row: Mapping[str | None, object]) -> dict[str, str]:
    clean = {str(key).strip().lower(): (value or "").strip() for key, value in row.items() if isinstance(value, str)}
    return {name: _first(clean, heads) for name, heads in _COLUMNS.items()}


def _first(row: Mapping[str, str], heads: Iterable[str]) -> str:
    return next((row[head] for head in heads if row.get(head)), "")


def read_register(path: Path) -> Register:
    """A register from columns compound, building, stairwell (may be missing), room; the number of the row is the id.

    The same household twice is one household.
    """
    rows = _table(path, needed=("compound", "building", "room"))
    places = dict.fromkeys((row["compound"], row["building"], row["stairwell"], row["room"]) for row in rows)
    households = [RegisteredHousehold(number, *place) for number, place in enumerate(places, start=1) if place[1]]
    if not households:
        raise click.ClickException(f"{path}: 表里没有住户 / no household in this register.")
    return Register(households)


def read_lexicon(path: Path | None) -> Lexicon:
    """A catalogue from columns item, unit, aliases (divided by | ; 、 or /), limit; without one any goods are taken."""
    if path is None:
        return Lexicon()
    items = []
    for row in _table(path, needed=("item",)):
        if not row["item"]:
            continue
        aliases = row["aliases"]
        for mark in "|;；、/，,":
            aliases = aliases.replace(mark, " ")
        limit = int(row["limit"]) if row["limit"].isdigit() else DEFAULT_LIMIT
        items.append(LexiconItem(row["item"], row["unit"], tuple(aliases.split()), limit))
    return Lexicon(items)


def parse_chain_file(files: ChainFiles) -> dict[str, object]:
    """Reads a paste against a register and gives the plain values that `--json` prints."""
    register, lexicon = read_register(files.register), read_lexicon(files.catalogue)
    context = Context(scope=AddressScope(building=files.building)) if files.building else Context()
    result = parse_chain(read_text(files.text), register, lexicon, context)
    shown = full_line_json if files.is_full else line_json
    lines = [shown(line) for line in result.lines]
    report: dict[str, object] = {"lines": lines, "totals": result.totals, "counts": result.counts}
    if files.is_full:
        report |= {"titles": list(result.titles), "warnings": list(result.warnings)}
    if files.against is not None:
        earlier = parse_chain(read_text(files.against), register, lexicon, context)
        difference = rules.diff(earlier.lines, result.lines)
        kinds = {id(row.later): row.kind.value for row in difference.rows if row.later is not None}
        for line, plain in zip(result.lines, lines, strict=True):
            plain["diff"] = kinds.get(id(line))
        report["relation"] = rules.relation([earlier.lines], result.lines).value
        report["diff"] = _diff_json(difference)
    return report


def line_json(line: ChainLine) -> dict[str, object]:
    """One physical line, or one part of a line with several orders; the parts have the same `line_no`."""
    is_settled = line.household is not None and line.outcome is not EntryOutcome.REVIEW
    return {
        "line_no": line.line_no,
        "raw": line.raw,
        "outcome": line.outcome.value,
        "household": _place_json(line.household),
        "items": [{"item": item.item, "qty": item.qty, "unit": item.unit} for item in line.items],
        "note": line.note,
        "reason": line.reason,
        "candidates": [] if is_settled else [_place_json(household) for household in line.candidates],
    }


def _place_json(household: RegisteredHousehold | None) -> dict[str, str] | None:
    if household is None:
        return None
    return {"building": household.building, "stairwell": household.stairwell, "room": household.room}


def full_line_json(line: ChainLine) -> dict[str, object]:
    """All that is known of a line; `restricted` holds words about health, which are never printed on paper."""
    return {
        "line_no": line.line_no,
        "part": line.part,
        "raw": line.raw,
        "outcome": line.outcome.value,
        "household": _household_json(line.household),
        "who": line.who,
        "proxy": line.proxy,
        "items": [
            {"item": item.item, "qty": item.qty, "unit": item.unit, "note": item.note, "problem": item.problem}
            for item in line.items
        ],
        "change": line.change.value if line.change else None,
        "note": line.note,
        "restricted": line.restricted_note,
        "flags": sorted(flag.value for flag in line.flags),
        "reason": line.reason,
        "candidates": [_household_json(household) for household in line.candidates],
        "continues": line.continues,
        "needs_settling": line.needs_settling,
    }


def _household_json(household: RegisteredHousehold | None) -> dict[str, str] | None:
    if household is None:
        return None
    return {
        "compound": household.compound,
        "building": household.building,
        "stairwell": household.stairwell,
        "room": household.room,
    }


def _diff_json(difference: rules.Diff) -> list[dict[str, object]]:
    return [
        {
            "kind": row.kind.value,
            "earlier_line_no": row.earlier.line_no if row.earlier else None,
            "line_no": row.later.line_no if row.later else None,
            "raw": "".join(line.raw for line in (row.later or row.earlier,) if line),
        }
        for row in difference.rows
    ]


def as_table(report: ChainResult) -> str:
    """Lines for reading on a terminal."""
    rows = []
    for line in report.lines:
        goods = "，".join(f"{item.item}×{item.qty if item.qty is not None else '?'}{item.unit}" for item in line.items)
        whose = line.household.label if line.household else line.who
        rows.append("\t".join((str(line.line_no), line.outcome.value, whose, goods, line.reason, line.raw.strip())))
    return "\n".join(rows)


@click.group("chain")
def chain() -> None:
    """接龙文本解析 Read a pasted chain without a database."""


@chain.command("parse")
@click.argument("text")
@click.option(
    "--register",
    "register",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CSV: compound,building,stairwell,room",
)
@click.option(
    "--catalogue",
    "--catalog",
    "catalogue",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CSV: item,unit,aliases,limit",
)
@click.option("--against", help="An earlier paste of the same list, for the differences")
@click.option("--building", default="", help="The building that the group belongs to")
@click.option("--json", "as_json_text", is_flag=True, help="Print JSON")
@click.option("--full", is_flag=True, help="In the JSON also compound, person, proxy, flags, changes and warnings")
def parse(text: str, as_json_text: bool, full: bool, **chosen: Any) -> None:
    """Read TEXT (a file, `-` for standard input, or the text itself) and print what every line is."""
    files = ChainFiles(text, is_full=full, **chosen)
    if as_json_text or full:
        click.echo(json.dumps(parse_chain_file(files), ensure_ascii=False, indent=1))
        return
    context = Context(scope=AddressScope(building=files.building)) if files.building else Context()
    result = parse_chain(read_text(text), read_register(files.register), read_lexicon(files.catalogue), context)
    click.echo(as_table(result))
