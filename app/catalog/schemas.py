"""What the forms of the catalogue send."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l
from marshmallow import fields

from app.catalog.models import Storage
from app.core.input.schemas import CommandSchema, Line, Whole, Yuan, one_of
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

    sku: str
    name: str
    category: str
    sale_unit: str
    spec: str
    weight_g: int
    volume_ml: int
    storage: str
    list_price_fen: int
    aliases: tuple[str, ...] = ()
    is_fragile: bool = False
    is_sensitive: bool = False
    is_active: bool = False
    version: int = 0


class SaveItemSchema(CommandSchema):
    makes = SaveItem
    sku = Line(required=True, longest=40)
    name = Line(required=True, longest=60)
    category = Line(blank=True, longest=30)
    sale_unit = Line(required=True, longest=6)
    spec = Line(blank=True, longest=40)
    weight_g = Whole(required=True, least=1, most=100_000)
    volume_ml = Whole(load_default=0, most=500_000)
    storage = Line(required=True, validate=one_of(Storage))
    list_price_fen = Yuan(required=True)
    aliases = WordsField(load_default=())
    is_fragile = fields.Boolean(load_default=False)
    is_sensitive = fields.Boolean(load_default=False)
    is_active = fields.Boolean(load_default=False)
    version = Whole(load_default=0)


@dataclass(frozen=True)
class SaveBundle:
    sku: str
    name: str
    list_price_fen: int
    is_active: bool = False
    version: int = 0


class SaveBundleSchema(CommandSchema):
    makes = SaveBundle
    sku = Line(required=True, longest=40)
    name = Line(required=True, longest=60)
    list_price_fen = Yuan(required=True)
    is_active = fields.Boolean(load_default=False)
    version = Whole(load_default=0)


@dataclass(frozen=True)
class PutComponent:
    """`item` is a name, alias or SKU as typed; quantity 0 takes the item out."""

    item: str
    qty: int


class PutComponentSchema(CommandSchema):
    makes = PutComponent
    item = Line(required=True, longest=60)
    qty = Whole(required=True, most=1000)


@dataclass(frozen=True)
class SaveSupplier:
    name: str
    min_order_fen: int
    delivery_fee_fen: int
    is_active: bool = False
    version: int = 0


class SaveSupplierSchema(CommandSchema):
    makes = SaveSupplier
    name = Line(required=True, longest=60)
    min_order_fen = Yuan(load_default=0)
    delivery_fee_fen = Yuan(load_default=0)
    is_active = fields.Boolean(load_default=False)
    version = Whole(load_default=0)


@dataclass(frozen=True)
class PutSupply:
    """What a supplier sells: packs of `pack_size` sale units at `price_fen` a pack; `max_packs` None: no limit."""

    item: str
    pack_size: int
    min_packs: int
    max_packs: int | None
    price_fen: int
    version: int = 0


class PutSupplySchema(CommandSchema):
    makes = PutSupply
    item = Line(required=True, longest=60)
    pack_size = Whole(required=True, least=1, most=100_000)
    min_packs = Whole(load_default=0, most=100_000)
    max_packs = Whole(load_default=None, least=1, most=1_000_000)
    price_fen = Yuan(required=True)
    version = Whole(load_default=0)
