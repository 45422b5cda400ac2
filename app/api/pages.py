"""The page that describes the JSON API."""

from __future__ import annotations

from app.access.page_registry import SlicePages, StaffPage
from app.access.permissions import Permission
from app.api.reference.views import bp as reference
from app.core.sentences import N_

PAGES = SlicePages(
    blueprints=(reference,),
    pages=(StaffPage("api_reference.index", N_("接口说明"), Permission.SELF, ("access_tokens.index",)),),
    frameless={"api_reference.openapi": Permission.SELF},
)
