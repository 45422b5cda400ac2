"""Staff accounts with roles in a scope, household tokens and door PINs, and the counters of the throttle."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core import clock
from app.core.db import (
    STRICT,
    Base,
    BooleanFlag,
    Created,
    UtcDateTime,
    Versioned,
    choice_column,
    fk,
    personal_text,
    plain_text,
)
from app.core.labels import Labelled


class Role(Labelled):
    SUBDISTRICT_ADMIN = "subdistrict_admin", "街道管理员"
    SUPPLIES_TEAM = "supplies_team", "物资组"
    POINT_LEADER = "point_leader", "点位小组长"
    BUILDING_CAPTAIN = "building_captain", "楼长"
    RUNNER = "runner", "配送志愿者"
    AUDITOR = "auditor", "审计"
    ORDER_DESK = "order_desk", "接单员"


class Account(Created, Versioned, Base):
    __tablename__ = "account"
    __table_args__ = (UniqueConstraint("username"), STRICT)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    username: Mapped[str] = personal_text()
    password_hash: Mapped[str] = plain_text()
    display_name: Mapped[str] = personal_text()
    is_active: Mapped[bool] = mapped_column(BooleanFlag, default=True)
    must_change_password: Mapped[bool] = mapped_column(BooleanFlag, default=False)  # it was set by somebody else
    session_epoch: Mapped[int] = mapped_column(Integer, default=1)
    grants: Mapped[list[RoleGrant]] = relationship(back_populates="account", order_by="RoleGrant.id")


SCOPES = ("subdistrict_id", "community_id", "service_point_id", "building_id")


class RoleGrant(Created, Base):
    """A role held within exactly one scope, for a time."""

    __tablename__ = "role_grant"
    __table_args__ = (
        CheckConstraint(
            " + ".join(f"(CASE WHEN {scope} IS NULL THEN 0 ELSE 1 END)" for scope in SCOPES) + " = 1", name="one_scope"
        ),
        CheckConstraint("ends_at IS NULL OR ends_at > starts_at", name="ends_after_start"),
        Index("ix_role_grant_account_id", "account_id"),
        STRICT,
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    account_id: Mapped[int] = fk("account.id")
    role: Mapped[str] = choice_column("role", Role)
    subdistrict_id: Mapped[int | None] = fk("subdistrict.id")
    community_id: Mapped[int | None] = fk("community.id")
    service_point_id: Mapped[int | None] = fk("service_point.id")
    building_id: Mapped[int | None] = fk("building.id")
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    account: Mapped[Account] = relationship(back_populates="grants")


class StaffSession(Created, Base):
    """One sign-in on one device, ended by deleting the row; only the hash of what the cookie holds is stored."""

    __tablename__ = "staff_session"
    __table_args__ = (UniqueConstraint("token_sha256"), Index("ix_staff_session_account_id", "account_id"), STRICT)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    account_id: Mapped[int] = fk("account.id")
    token_sha256: Mapped[str] = plain_text()
    device: Mapped[str] = personal_text()  # the kind of browser and system, "Chrome · Android"; empty if unknown
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)  # to some minutes: the cookie knows it exactly
    account: Mapped[Account] = relationship()


class HouseholdToken(Created, Base):
    """A phone that may act for a household; only the hash of the token is stored."""

    __tablename__ = "household_token"
    __table_args__ = (
        UniqueConstraint("token_sha256"),
        Index("ix_household_token_household_id", "household_id"),
        STRICT,
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    household_id: Mapped[int] = fk("household.id")
    token_sha256: Mapped[str] = plain_text()
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Set for a phone that came in by its room alone: what it makes carries the same mark, and it acts on nothing else.
    # Empty for one that showed the door PIN, or the code of an order that the household itself or staff made.
    hand: Mapped[str] = plain_text(default="")


class DoorPin(Base):
    """The credential of a household at its door: six characters, of which only a keyed hash is stored.

    `salt` and the key of the installation make the same characters again for the slip in the bag and for whoever is
    told by telephone; neither alone does (app/access/pins.py).
    """

    __tablename__ = "door_pin"
    __table_args__ = STRICT

    household_id: Mapped[int] = fk("household.id", primary_key=True)
    pin_hash: Mapped[str] = plain_text()
    salt: Mapped[str] = plain_text()
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    slip_cycle_id: Mapped[int | None] = fk("cycle.id")  # in whose first bag the slip goes; none: told by telephone


class MovedIn(Base):
    """Since when those live in a household who live there now: what was ordered before is neither theirs to see, nor
    does a code of then open their door. No row: nobody is known to have moved out."""

    __tablename__ = "moved_in"
    __table_args__ = STRICT

    household_id: Mapped[int] = fk("household.id", primary_key=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime)


class Throttle(Base):
    """Failures counted per key and window; in the database so that every process sees the same count."""

    __tablename__ = "throttle"
    __table_args__ = (Index("ix_throttle_window_start", "window_start"), STRICT)

    key: Mapped[str] = plain_text(primary_key=True)
    window_start: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    hits: Mapped[int] = mapped_column(Integer, default=0)
