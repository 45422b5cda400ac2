"""Goods, bundles and suppliers."""

from __future__ import annotations

from app.access.page_registry import SlicePages, StaffPage, more
from app.access.permissions import Permission
from app.catalog.bundles.views import bp as bundles
from app.catalog.imports.views import bp as imports
from app.catalog.suppliers.views import bp as suppliers
from app.catalog.views import bp as catalog
from app.core.sentences import N_

PAGES = SlicePages(
    blueprints=(catalog, bundles, suppliers, imports),
    pages=(
        StaffPage("catalog.index", N_("商品"), Permission.CATALOG_READ, (), more(50)),
        StaffPage("catalog.item", N_("商品"), Permission.CATALOG_READ, ("catalog.index",)),
        StaffPage("catalog.new_item", N_("新商品"), Permission.CATALOG_EDIT, ("catalog.index",)),
        StaffPage("bundles.index", N_("套餐"), Permission.CATALOG_READ, ("catalog.index",)),
        StaffPage("bundles.show", N_("套餐"), Permission.CATALOG_READ, ("bundles.index",)),
        StaffPage("bundles.new", N_("新套餐"), Permission.CATALOG_EDIT, ("bundles.index",)),
        StaffPage("suppliers.index", N_("供应商"), Permission.CATALOG_READ, ("catalog.index",)),
        StaffPage("suppliers.show", N_("供应商"), Permission.CATALOG_READ, ("suppliers.index",)),
        StaffPage("suppliers.new", N_("新供应商"), Permission.CATALOG_EDIT, ("suppliers.index",)),
        StaffPage("catalog_import.start", N_("导入"), Permission.CATALOG_EDIT, ("catalog.index",)),
        StaffPage("catalog_import.preview", N_("核对"), Permission.CATALOG_EDIT, ("catalog_import.start",)),
    ),
)
