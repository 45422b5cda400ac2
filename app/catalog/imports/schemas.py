"""What the form of a catalogue import sends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from app.catalog.imports.items import ItemImportOptions
from app.catalog.imports.service import CatalogueUpload
from app.core.input.fields import Line, Whole


@dataclass(frozen=True)
class CatalogueImport:
    kind: Annotated[str, Line(blank=True, longest=20)]
    margin_percent: Annotated[int, Whole(load_default=15, most=300)]
    default_weight_g: Annotated[int, Whole(load_default=500, least=1, most=100_000)]
    upload: Annotated[str, Line(blank=True, longest=64)]

    def upload_of(self, body: bytes) -> CatalogueUpload:
        """The file together with what was chosen."""
        return CatalogueUpload(body, self.kind, ItemImportOptions(self.margin_percent, self.default_weight_g))
