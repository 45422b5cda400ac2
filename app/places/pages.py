"""The register of places, who looks after whom, and the accounts."""

from __future__ import annotations

from app.access.page_registry import SlicePages, StaffPage, more
from app.access.permissions import Permission
from app.core.sentences import N_
from app.places.accounts.views import bp as accounts
from app.places.address.views import bp as address
from app.places.buildings.views import bp as buildings
from app.places.captaincy.views import bp as captaincy
from app.places.care.views import bp as care
from app.places.imports.views import bp as imports
from app.places.points.views import bp as points
from app.places.registry.views import bp as registry
from app.places.zones.views import bp as zones

PAGES = SlicePages(
    blueprints=(registry, buildings, captaincy, points, address, zones, imports, accounts, care),
    pages=(
        StaffPage("places.index", N_("地点"), Permission.PLACES_READ, (), more(40)),
        StaffPage("places.compound", N_("小区"), Permission.PLACES_READ, ("places.index",)),
        StaffPage("places.gate", N_("大门"), Permission.PLACES_EDIT, ("places.compound",)),
        StaffPage("places_import.start", N_("导入"), Permission.PLACES_EDIT, ("places.index",)),
        StaffPage("places_import.preview", N_("核对"), Permission.PLACES_EDIT, ("places_import.start",)),
        StaffPage("buildings.show", N_("楼栋"), Permission.PLACES_READ, ("places.compound",)),
        StaffPage("points.index", N_("点位"), Permission.PLACES_READ, ("places.index",)),
        StaffPage("points.new", N_("新点位"), Permission.PLACES_EDIT, ("points.index",)),
        StaffPage("points.edit", N_("点位"), Permission.PLACES_EDIT, ("points.index",)),
        StaffPage("points.help_phone", N_("求助电话"), Permission.PLACES_EDIT, ("points.index",)),
        StaffPage("zones.index", N_("级别"), Permission.PLACES_READ, ("places.index",)),
        StaffPage("addresses.index", N_("试一个地址"), Permission.PLACES_READ, ("places.index",)),
        StaffPage("addresses.profile", N_("地址写法"), Permission.PLACES_EDIT, ("places.compound",)),
        StaffPage("captaincy.duty_number", N_("值班电话"), Permission.HAND_OUT, ("handover.index",)),
        StaffPage("care.index", N_("关爱名单"), Permission.CARE, (), more(90)),
        StaffPage("care.choose", N_("登记一户"), Permission.CARE, ("care.index",)),
        StaffPage("care.edit", N_("一户"), Permission.CARE, ("care.index",)),
        StaffPage("care.door_notes", N_("送货提醒"), Permission.HAND_OUT, (), more(100)),
        StaffPage("accounts.index", N_("账号"), Permission.ACCOUNTS, (), more(150)),
        StaffPage("accounts.new", N_("开通账号"), Permission.ACCOUNTS, ("accounts.index",)),
        StaffPage("accounts.show", N_("一个账号"), Permission.ACCOUNTS, ("accounts.index",)),
        StaffPage("accounts.password", N_("一次性密码"), Permission.ACCOUNTS, ("accounts.show",)),
    ),
)
