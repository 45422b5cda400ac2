"""The page that describes the JSON API, and those of the systems that are told what happens."""

from __future__ import annotations

from app.access.page_registry import SlicePages, StaffPage, more
from app.access.permissions import Permission
from app.api.reference.views import bp as reference
from app.api.webhooks.views import bp as webhooks
from app.core.sentences import N_

PAGES = SlicePages(
    blueprints=(reference, webhooks),
    pages=(
        StaffPage("api_reference.index", N_("接口说明"), Permission.SELF, ("access_tokens.index",)),
        StaffPage("webhooks.index", N_("通知其他系统"), Permission.ACCOUNTS, (), more(160), whole="subdistrict"),
        StaffPage("webhooks.show", N_("通知的网址"), Permission.ACCOUNTS, ("webhooks.index",)),
    ),
    frameless={"api_reference.openapi": Permission.SELF},
)
