"""How addresses are written in a compound, as data: required levels, own words, other names of buildings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.access.permissions import Permission, Staff
from app.core import events
from app.core.db import command, db
from app.core.errors import Invalid
from app.core.text import chinese
from app.places.address.reading import LEVELS
from app.places.address.register import building_key
from app.places.address.schemas import SaveProfile
from app.places.models import AddressProfile, Building, Compound
from app.places.scope import require_compound

EDIT = Permission.PLACES_EDIT
LEVEL_NAMES = {
    "area": _l("片区"),
    "lane": _l("弄"),
    "building": _l("楼栋"),
    "hash": _l("楼栋（#）"),
    "number": _l("号"),
    "storey": _l("楼"),
    "stairwell": _l("单元"),
    "floor": _l("楼层"),
    "room": _l("房号"),
}
MOST = 40


def parse_pairs(typed: str) -> list[tuple[str, str]]:
    """`斋=楼栋` on each line → ("斋", "楼栋"); lines without both sides give an empty side."""
    found = []
    for line in typed.splitlines():
        left, _equals, right = chinese.fold(line).partition("=")
        if left.strip() or right.strip():
            found.append((left.strip(), right.strip()))
    return found


def check_profile(wanted: SaveProfile, labels: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
    """(word → level, other name → building label) of what was typed. Raises Invalid with each bad line's sentence."""
    problems: dict[str, list[Any]] = {}
    by_name = {chinese.fold(str(name)): level for level, name in LEVEL_NAMES.items()}
    by_name |= {level: level for level in LEVELS}
    words: dict[str, str] = {}
    for word, level in parse_pairs(wanted.words):
        if not 1 <= len(word) <= 4 or word.isascii():
            problems.setdefault("words", []).append(_("“%(word)s”：级别词是一到四个汉字。", word=word[:12]))
        elif level not in by_name:
            problems.setdefault("words", []).append(
                _("“%(word)s”：没有“%(level)s”这一级。", word=word, level=level[:12])
            )
        else:
            words[word] = by_name[level]
    known = {building_key(label): label for label in labels}
    buildings: dict[str, str] = {}
    for alias, label in parse_pairs(wanted.buildings):
        if not alias or building_key(alias) in known:
            problems.setdefault("buildings", []).append(_("“%(alias)s”已经是一栋楼的名称。", alias=alias[:12]))
        elif building_key(label) not in known:
            problems.setdefault("buildings", []).append(_("这个小区没有“%(label)s”这栋楼。", label=label[:12]))
        else:
            buildings[alias] = known[building_key(label)]
    if len(words) > MOST or len(buildings) > 10 * MOST:
        problems.setdefault("", []).append(_l("写得太多了。"))
    if problems:
        raise Invalid(problems)
    return words, buildings


def labels_of(compound_id: int) -> list[str]:
    """Labels of the buildings of a compound."""
    found = select(Building.label).where(Building.compound_id == compound_id)
    return list(db.session.scalars(found.order_by(Building.sort_key)))


@command
def save_profile(by: Staff, compound_id: int, wanted: SaveProfile) -> Compound:
    """Ensures: from now on addresses of the compound are read with these words. Raises NotFound, Invalid."""
    compound = require_compound(by, EDIT, compound_id)
    words, buildings = check_profile(wanted, labels_of(compound_id))
    _write(compound_id, words=words, levels=sorted(wanted.levels), buildings=buildings)
    events.record(by, "save_address_profile", compound, words=len(words), buildings=len(buildings))
    return compound


def _write(compound_id: int, **values: Mapping[str, str] | list[str]) -> None:
    row = db.session.get(AddressProfile, compound_id)
    if row is None:
        row = AddressProfile(compound_id=compound_id, levels=[], words={}, buildings={})
        db.session.add(row)
    for name, value in values.items():
        setattr(row, name, value)
