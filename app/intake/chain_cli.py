"""`louda chain parse TEXT --register R.csv`: the chain engine without a database."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from app.intake import rules
from app.intake.grammar.chain import parse_chain
from app.intake.grammar.lexicon import DEFAULT_LIMIT, Item, Lexicon
from app.intake.grammar.model import ChainLine, ChainResult, Context
from app.places.rules import Household, Register, Scope

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


def _table(path: Path) -> list[dict[str, str]]:
    reader = csv.DictReader(io.StringIO(decoded(path.read_bytes())))
    rows = []
    for row in reader:
        clean = {str(key).strip(): (value or "").strip() for key, value in row.items() if isinstance(value, str | None)}
        rows.append({name: _first(clean, heads) for name, heads in _COLUMNS.items()})
    return rows


def _first(row: Mapping[str, str], heads: Iterable[str]) -> str:
    return next((row[head] for head in heads if row.get(head)), "")


def read_register(path: Path) -> Register:
    """A register from columns compound, building, stairwell, room; the number of the row is the household's id."""
    rows = _table(path)
    households = [
        Household(number, row["compound"], row["building"], row["stairwell"], row["room"])
        for number, row in enumerate(rows, start=1)
        if row["building"]
    ]
    return Register(households)


def read_lexicon(path: Path | None) -> Lexicon:
    """A catalogue from columns item, unit, aliases (divided by | ; 、 or /), limit; without one any goods are taken."""
    if path is None:
        return Lexicon()
    items = []
    for row in _table(path):
        if not row["item"]:
            continue
        aliases = row["aliases"]
        for mark in "|;；、/，,":
            aliases = aliases.replace(mark, " ")
        limit = int(row["limit"]) if row["limit"].isdigit() else DEFAULT_LIMIT
        items.append(Item(row["item"], row["unit"], tuple(aliases.split()), limit))
    return Lexicon(items)


def parse_chain_file(files: ChainFiles) -> dict[str, object]:
    """Reads a paste against a register and gives the plain values that `--json` prints."""
    register, lexicon = read_register(files.register), read_lexicon(files.catalogue)
    context = Context(scope=Scope(building=files.building)) if files.building else Context()
    result = parse_chain(read_text(files.text), register, lexicon, context)
    report = as_json(result)
    if files.against is not None:
        earlier = parse_chain(read_text(files.against), register, lexicon, context)
        report["relation"] = rules.relation([earlier.lines], result.lines).value
        report["diff"] = _diff_json(rules.diff(earlier.lines, result.lines))
    return report


def as_json(result: ChainResult) -> dict[str, object]:
    """The result as plain values; one object for each physical line, or for each part of a line with several orders."""
    return {
        "lines": [line_json(line) for line in result.lines],
        "totals": result.totals,
        "counts": result.counts,
        "titles": list(result.titles),
        "warnings": list(result.warnings),
    }


def line_json(line: ChainLine) -> dict[str, object]:
    """One line; `restricted` holds words about health, which are never printed on paper."""
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


def _household_json(household: Household | None) -> dict[str, str] | None:
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
def parse(
    text: str, register: Path, catalogue: Path | None, against: str | None, building: str, *, as_json_text: bool
) -> None:
    """Read TEXT (a file, `-` for standard input, or the text itself) and print what every line is."""
    files = ChainFiles(text, register, catalogue, against, building)
    if as_json_text:
        click.echo(json.dumps(parse_chain_file(files), ensure_ascii=False, indent=1))
        return
    result = parse_chain(read_text(text), read_register(register), read_lexicon(catalogue))
    click.echo(as_table(result))
