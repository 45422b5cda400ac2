"""What the forms of the catalogue send."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from flask_babel import lazy_gettext as _l
from marshmallow import fields

from app.catalog.models import Storage
from app.core.input.fields import Line, Whole, Yuan, one_of
from app.core.text import chinese


class WordsField(fields.Field[tuple[str, ...]]):
    """Words divided by commas or lines, without repeats."""

    default_error_messages = {"many": _l("最多 30 个，每个不超过 20 个字。")}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[str, ...]:
        return words_in(str(value), self.make_error("many"))


def words_in(text: str, too_many: Exception) -> tuple[str, ...]:
    """ "卷纸、厕纸" → ("卷纸", "厕纸")."""
    parts = re.split(r"[,;、/\n]+", chinese.fold(text))
    words = tuple(dict.fromkeys(" ".join(part.split()) for part in parts if part.strip()))
    if len(words) > 30 or any(len(word) > 20 for word in words):
        raise too_many
    return words


@dataclass(frozen=True)
class SaveItem:
    """An item's facts; prices in fen, weights in grams, `version` 0 for a new one."""

    sku: Annotated[str, Line(longest=40)]
    name: Annotated[str, Line(longest=60)]
    category: Annotated[str, Line(blank=True, longest=30)]
    sale_unit: Annotated[str, Line(longest=6)]
    spec: Annotated[str, Line(blank=True, longest=40)]
    weight_g: Annotated[int, Whole(least=1, most=100_000)]
    volume_ml: Annotated[int, Whole(load_default=0, most=500_000)]
    storage: Annotated[str, Line(validate=one_of(Storage))]
    list_price_fen: Annotated[int, Yuan()]
    aliases: Annotated[tuple[str, ...], WordsField()] = ()
    is_fragile: Annotated[bool, fields.Boolean()] = False
    is_sensitive: Annotated[bool, fields.Boolean()] = False
    is_active: Annotated[bool, fields.Boolean()] = False
    version: Annotated[int, Whole()] = 0


@dataclass(frozen=True)
class SaveBundle:
    sku: Annotated[str, Line(longest=40)]
    name: Annotated[str, Line(longest=60)]
    list_price_fen: Annotated[int, Yuan()]
    is_active: Annotated[bool, fields.Boolean()] = False
    version: Annotated[int, Whole()] = 0


@dataclass(frozen=True)
class PutComponent:
    """`item` is a name, alias or SKU as typed; quantity 0 takes the item out."""

    item: Annotated[str, Line(longest=60)]
    qty: Annotated[int, Whole(most=1000)]


@dataclass(frozen=True)
class SaveSupplier:
    name: Annotated[str, Line(longest=60)]
    min_order_fen: Annotated[int, Yuan(load_default=0)]
    delivery_fee_fen: Annotated[int, Yuan(load_default=0)]
    is_active: Annotated[bool, fields.Boolean()] = False
    version: Annotated[int, Whole()] = 0


@dataclass(frozen=True)
class PutSupply:
    """What a supplier sells: packs of `pack_size` sale units at `price_fen` a pack; `max_packs` None: no limit."""

    item: Annotated[str, Line(longest=60)]
    pack_size: Annotated[int, Whole(least=1, most=100_000)]
    min_packs: Annotated[int, Whole(load_default=0, most=100_000)]
    max_packs: Annotated[int | None, Whole(load_default=None, least=1, most=1_000_000)]
    price_fen: Annotated[int, Yuan()]
    version: Annotated[int, Whole()] = 0
