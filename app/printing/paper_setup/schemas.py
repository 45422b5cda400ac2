"""Input of the page on which paper and labels are set up."""

from __future__ import annotations

import re
from typing import Any

from flask_babel import lazy_gettext as _l
from marshmallow import ValidationError, fields

from app.core.input.fields import REQUIRED, one_of
from app.core.input.schemas import CommandSchema
from app.core.text import chinese
from app.printing.layout.labels import LEAST_MARGIN, MOST_GAP, MOST_MARGIN, STOCKS, millimetres
from app.printing.paper_setup.service import SaveMargins, SavePaper

_SHEETS = [key for key, stock in STOCKS.items() if not stock.is_roll]
_ROLLS = [key for key, stock in STOCKS.items() if stock.is_roll]


class Millimetres(fields.Field[int]):
    """A length as people measure it ("1.5", "-0.5"), loaded as whole tenths of a millimetre."""

    default_error_messages = {
        "required": REQUIRED,
        "null": REQUIRED,
        "invalid": _l("请填毫米数，最多一位小数，例如 1.5。"),
        "range": _l("应在 {least} 到 {most} 毫米之间。"),
    }

    def __init__(self, *, least: int, most: int, **options: Any) -> None:
        self.least, self.most = least, most
        super().__init__(**options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        match = re.fullmatch(r"\s*(-?)([0-9]{1,3})(?:\.([0-9]))?\s*", chinese.fold(str(value)))
        if match is None:
            raise self.make_error("invalid")
        length = int(match[2]) * 10 + int(match[3] or 0)
        length = -length if match[1] else length
        if not self.least <= length <= self.most:
            shown = {"least": millimetres(self.least), "most": millimetres(self.most)}
            raise ValidationError(str(self.error_messages["range"]).format(**shown))
        return length


class SavePaperSchema(CommandSchema):
    """The switch of the languages and the papers in the printers."""

    makes = SavePaper
    is_bilingual = fields.Boolean(load_default=False)
    has_grid = fields.Boolean(load_default=False)
    sheet_stock = fields.String(required=True, validate=one_of(_SHEETS))
    roll_stock = fields.String(required=True, validate=one_of(_ROLLS))


class SaveMarginsSchema(CommandSchema):
    """Margins of one label paper; a roll has no gaps."""

    makes = SaveMargins
    stock = fields.String(required=True, validate=one_of(STOCKS))
    top = Millimetres(required=True, least=LEAST_MARGIN, most=MOST_MARGIN)
    left = Millimetres(required=True, least=LEAST_MARGIN, most=MOST_MARGIN)
    gap_x = Millimetres(load_default=0, least=0, most=MOST_GAP)
    gap_y = Millimetres(load_default=0, least=0, most=MOST_GAP)
