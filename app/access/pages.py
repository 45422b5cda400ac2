"""Where somebody signs in, and the pages of one's own account."""

from __future__ import annotations

from app.access.page_registry import NavigationPosition, NavigationSection, SlicePages, StaffPage
from app.access.permissions import Permission
from app.access.tokens.views import bp as tokens
from app.access.views import bp as access
from app.core.sentences import N_

PAGES = SlicePages(
    blueprints=(access, tokens),
    pages=(
        StaffPage(
            "access.account", N_("我的账号"), Permission.SELF, (), NavigationPosition(NavigationSection.ACCOUNT, 10)
        ),
        StaffPage("access.devices", N_("我的设备"), Permission.SELF, ("access.account",)),
        StaffPage("access_tokens.index", N_("程序令牌"), Permission.SELF, ("access.account",)),
    ),
)
