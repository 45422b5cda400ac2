"""What the form of a catalogue import sends."""

from __future__ import annotations

from dataclasses import dataclass

from app.catalog.imports.items import ItemImportOptions
from app.catalog.imports.service import CatalogueUpload
from app.core.input.schemas import CommandSchema, Line, Whole


@dataclass(frozen=True)
class CatalogueImport:
    kind: str
    margin_percent: int
    default_weight_g: int
    upload: str

    def upload_of(self, body: bytes) -> CatalogueUpload:
        """The file together with what was chosen."""
        return CatalogueUpload(body, self.kind, ItemImportOptions(self.margin_percent, self.default_weight_g))


class CatalogueImportSchema(CommandSchema):
    makes = CatalogueImport
    kind = Line(blank=True, longest=20)
    margin_percent = Whole(load_default=15, most=300)
    default_weight_g = Whole(load_default=500, least=1, most=100_000)
    upload = Line(blank=True, longest=64)
