"""The register: subdistrict > community > compound > building > stairwell > household; points, gates, zones, captains.

Coordinates are WGS84 in millionths of a degree.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, Integer, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import (
    STRICT,
    Base,
    BooleanFlag,
    Created,
    LocalDate,
    UtcDateTime,
    Versioned,
    choice_column,
    fk,
    json_column,
    personal_text,
    plain_text,
    sensitive_text,
)
from app.core.labels import Labelled


class DeliveryMode(Labelled):
    TO_DOOR = "to_door", "送到门口"
    TO_STAIRWELL = "to_stairwell", "送到单元门"
    TO_BUILDING = "to_building", "送到楼下"
    COLLECT_BY_SLOT = "collect_by_slot", "分时段自取"


class Subdistrict(Base):
    __tablename__ = "subdistrict"
    __table_args__ = (UniqueConstraint("code"), STRICT)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    code: Mapped[str] = plain_text()
    name: Mapped[str] = plain_text()
    help_phone: Mapped[str] = plain_text(default="")  # the office's duty line, printed on route sheets


class Community(Base):
    __tablename__ = "community"
    __table_args__ = (UniqueConstraint("subdistrict_id", "code"), UniqueConstraint("subdistrict_id", "name"), STRICT)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    subdistrict_id: Mapped[int] = fk("subdistrict.id")
    code: Mapped[str] = plain_text()
    name: Mapped[str] = plain_text()


def _of_community(context: Any) -> Any:
    """The subdistrict of a compound that is written."""
    here = context.get_current_parameters()["community_id"]
    return context.connection.scalar(select(Community.subdistrict_id).where(Community.id == here))


class Compound(Versioned, Base):
    __tablename__ = "compound"
    __table_args__ = (
        UniqueConstraint("community_id", "name"),
        Index("uq_compound_code", "subdistrict_id", "code", unique=True),
        STRICT,
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    community_id: Mapped[int] = fk("community.id")
    code: Mapped[str | None] = plain_text()  # the number it has in the imported list
    name: Mapped[str] = plain_text()
    pinyin: Mapped[str] = plain_text(default="")  # initials of the name, for search
    address: Mapped[str] = plain_text(default="")
    lat_e6: Mapped[int | None] = mapped_column(Integer)
    lon_e6: Mapped[int | None] = mapped_column(Integer)
    subdistrict_id: Mapped[int | None] = mapped_column(Integer, default=_of_community)  # that of its community
    community: Mapped[Community] = relationship()


class CompoundAlias(Base):
    """Another name by which people call a compound."""

    __tablename__ = "compound_alias"
    __table_args__ = (UniqueConstraint("compound_id", "alias"), STRICT)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    compound_id: Mapped[int] = fk("compound.id")
    alias: Mapped[str] = plain_text()


class AddressProfile(Base):
    """How addresses are written in a compound: which levels exist and which words stand for them."""

    __tablename__ = "address_profile"
    __table_args__ = STRICT

    compound_id: Mapped[int] = fk("compound.id", primary_key=True)
    levels: Mapped[Any] = json_column()  # levels that an address must name, e.g. ["stairwell"]
    words: Mapped[Any] = json_column()  # word → level, e.g. {"斋": "building"}
    buildings: Mapped[Any] = json_column(default=dict)  # other name of a building → its label


class Gate(Versioned, Base):
    __tablename__ = "gate"
    __table_args__ = (UniqueConstraint("compound_id", "name"), STRICT)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    compound_id: Mapped[int] = fk("compound.id")
    name: Mapped[str] = plain_text()
    lat_e6: Mapped[int] = mapped_column(Integer)
    lon_e6: Mapped[int] = mapped_column(Integer)
    opens_s: Mapped[int] = mapped_column(Integer, default=0)  # seconds after local midnight
    closes_s: Mapped[int] = mapped_column(Integer, default=86400)
    is_open: Mapped[bool] = mapped_column(BooleanFlag, default=True)


class Grid(Base):
    __tablename__ = "grid"
    __table_args__ = (UniqueConstraint("community_id", "code"), STRICT)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    community_id: Mapped[int] = fk("community.id")
    code: Mapped[str] = plain_text()


class ServicePoint(Versioned, Base):
    __tablename__ = "service_point"
    __table_args__ = (UniqueConstraint("community_id", "name"), STRICT)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    community_id: Mapped[int] = fk("community.id")
    name: Mapped[str] = plain_text()
    lat_e6: Mapped[int | None] = mapped_column(Integer)
    lon_e6: Mapped[int | None] = mapped_column(Integer)
    is_depot: Mapped[bool] = mapped_column(BooleanFlag, default=False)  # rounds may start here
    phone: Mapped[str] = plain_text(default="")  # the duty line of the point, printed on posters and notices
    community: Mapped[Community] = relationship()


def _of_compound(context: Any) -> Any:
    """The subdistrict of a building that is written."""
    here = context.get_current_parameters()["compound_id"]
    return context.connection.scalar(select(Compound.subdistrict_id).where(Compound.id == here))


class Building(Versioned, Base):
    __tablename__ = "building"
    __table_args__ = (
        UniqueConstraint("compound_id", "label"),
        UniqueConstraint("public_code"),
        Index("uq_building_code", "subdistrict_id", "code", unique=True),
        Index("ix_building_service_point_id", "service_point_id"),
        STRICT,
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    compound_id: Mapped[int] = fk("compound.id")
    service_point_id: Mapped[int] = fk("service_point.id")
    grid_id: Mapped[int | None] = fk("grid.id")
    code: Mapped[str | None] = plain_text()  # the number it has in the imported list
    label: Mapped[str] = plain_text()  # as people write it: "12号楼", "5幢"
    sort_key: Mapped[str] = plain_text(default="")  # core/natural.py, so that 2 comes before 10 in the database too
    public_code: Mapped[str] = plain_text()  # in the poster's QR; says nothing about the building
    floors: Mapped[int] = mapped_column(Integer, default=6)
    has_lift: Mapped[bool] = mapped_column(BooleanFlag, default=False)
    lat_e6: Mapped[int | None] = mapped_column(Integer)
    lon_e6: Mapped[int | None] = mapped_column(Integer)
    drop_spot: Mapped[str] = plain_text(default="")
    subdistrict_id: Mapped[int | None] = mapped_column(Integer, default=_of_compound)  # that of its compound
    compound: Mapped[Compound] = relationship()
    service_point: Mapped[ServicePoint] = relationship()


class BuildingMove(Created, Base):
    """A building goes from one service point to another.

    starts_at: None until the next cycle is opened. Until `ends_at` the point before still reaches the building, for the
    orders that stayed with it.
    """

    __tablename__ = "building_move"
    __table_args__ = (
        Index(
            "uq_building_move_waiting",
            "building_id",
            unique=True,
            sqlite_where=text("starts_at IS NULL"),
            postgresql_where=text("starts_at IS NULL"),
        ),
        Index("ix_building_move_from_point_id", "from_point_id"),
        STRICT,
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    building_id: Mapped[int] = fk("building.id")
    from_point_id: Mapped[int] = fk("service_point.id")
    to_point_id: Mapped[int] = fk("service_point.id")
    starts_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Stairwell(Base):
    __tablename__ = "stairwell"
    __table_args__ = (UniqueConstraint("building_id", "label"), STRICT)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    building_id: Mapped[int] = fk("building.id")
    label: Mapped[str] = plain_text()  # "" where the building has only one
    building: Mapped[Building] = relationship()


class Household(Base):
    __tablename__ = "household"
    __table_args__ = (UniqueConstraint("stairwell_id", "room_no"), STRICT)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    stairwell_id: Mapped[int] = fk("stairwell.id")
    room_no: Mapped[str] = plain_text()
    sort_key: Mapped[str] = plain_text(default="")
    floor: Mapped[int] = mapped_column(Integer, default=1)
    persons: Mapped[int | None] = mapped_column(Integer)
    is_active: Mapped[bool] = mapped_column(BooleanFlag, default=True)
    stairwell: Mapped[Stairwell] = relationship()


class HouseholdContact(Base):
    """The personal data of a household, apart so that it can be purged without touching what was delivered."""

    __tablename__ = "household_contact"
    __table_args__ = (Index("ix_household_contact_purge_on", "purge_on"), STRICT)

    household_id: Mapped[int] = fk("household.id", primary_key=True)
    name: Mapped[str | None] = personal_text()
    phone: Mapped[str | None] = personal_text()
    note: Mapped[str | None] = personal_text()
    purge_on: Mapped[date] = mapped_column(LocalDate)


class CareKind(Labelled):
    INFANT = "infant", "有婴幼儿"
    PREGNANT = "pregnant", "孕产期"
    ELDERLY_ALONE = "elderly_alone", "独居老人"
    DISABLED = "disabled", "行动不便"
    NEEDS_CALL = "needs_call", "需电话联系"


class CareNeed(Base):
    """Special care: drives need tiers and the named carer, never printed."""

    __tablename__ = "care_need"
    __table_args__ = (UniqueConstraint("household_id", "kind"), STRICT)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    household_id: Mapped[int] = fk("household.id")
    kind: Mapped[str] = choice_column("kind", CareKind, privacy="sensitive")
    carer_id: Mapped[int | None] = fk("account.id")
    door_note: Mapped[str] = sensitive_text(default="")  # 敲门重一点 / 先打电话 / 放邻居
    consent_on: Mapped[date | None] = mapped_column(LocalDate)  # when the household agreed to be on the list
    purge_on: Mapped[date] = mapped_column(LocalDate)


class ZoneLevel(Base):
    """A level of restriction as data; code depends only on its delivery mode."""

    __tablename__ = "zone_level"
    __table_args__ = (UniqueConstraint("code"), STRICT)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    code: Mapped[str] = plain_text()
    label_zh: Mapped[str] = plain_text()
    delivery_mode: Mapped[str] = choice_column("delivery_mode", DeliveryMode)
    is_contactless: Mapped[bool] = mapped_column(BooleanFlag, default=True)
    round_order: Mapped[int] = mapped_column(
        Integer, default=0
    )  # 0 clean, 1 controlled, 2 sealed: never back in a round


class ZoneDesignation(Base):
    __tablename__ = "zone_designation"
    __table_args__ = (
        CheckConstraint("ends_at IS NULL OR ends_at > starts_at", name="ends_after_start"),
        Index(
            "uq_zone_designation_current",
            "building_id",
            unique=True,
            sqlite_where=text("ends_at IS NULL"),
            postgresql_where=text("ends_at IS NULL"),
        ),
        STRICT,
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    building_id: Mapped[int] = fk("building.id")
    zone_level_id: Mapped[int] = fk("zone_level.id")
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    level: Mapped[ZoneLevel] = relationship()


class Captaincy(Base):
    """Who hands out in a building, and who stands in."""

    __tablename__ = "captaincy"
    __table_args__ = (
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="ends_after_start"),
        Index("ix_captaincy_building_id", "building_id"),
        Index("ix_captaincy_account_id", "account_id"),
        STRICT,
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    building_id: Mapped[int] = fk("building.id")
    account_id: Mapped[int] = fk("account.id")
    is_deputy: Mapped[bool] = mapped_column(BooleanFlag, default=False)
    starts_on: Mapped[date] = mapped_column(LocalDate)
    ends_on: Mapped[date | None] = mapped_column(LocalDate)
    # Given by the captain for the days of delivery: runner and route sheet show it. It goes when the captaincy ends.
    duty_phone: Mapped[str] = personal_text(default="")


class Blackout(Created, Base):
    """A time in which nobody may deliver to a building or compound: testing, disinfection, quiet hours."""

    __tablename__ = "blackout"
    __table_args__ = (
        CheckConstraint("(building_id IS NULL) <> (compound_id IS NULL)", name="one_place"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        STRICT,
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    building_id: Mapped[int | None] = fk("building.id")
    compound_id: Mapped[int | None] = fk("compound.id")
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = plain_text()
