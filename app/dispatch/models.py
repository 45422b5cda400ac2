"""Teams and shifts, plans with an answer for every bag, rounds, stops, drop-off and custody."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Integer, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import (
    STRICT,
    Base,
    BooleanFlag,
    Created,
    UtcDateTime,
    Versioned,
    check_at_least,
    choice_column,
    fk,
    json_column,
    personal_text,
    plain_text,
)
from app.core.labels import Labelled
from app.core.states import steps


class TeamMode(Labelled):
    FOOT = "foot", "步行"
    CART = "cart", "手推车"
    E_BIKE = "e_bike", "电动车"
    VAN = "van", "面包车"


class PlanState(Labelled):
    PROPOSED = "proposed", "草案"
    PUBLISHED = "published", "已发布"
    SUPERSEDED = "superseded", "已被取代"
    DISCARDED = "discarded", "已丢弃"


class RoundState(Labelled):
    PLANNED = "planned", "待出发"
    LOADING = "loading", "装车中"
    DEPARTED = "departed", "配送中"
    COMPLETED = "completed", "已完成"
    CANCELLED = "cancelled", "已取消"
    ABORTED = "aborted", "中途返回"


class StopState(Labelled):
    PENDING = "pending", "未到"
    ARRIVED = "arrived", "已到"
    SIGNED = "signed", "已签收"
    REFUSED = "refused", "拒收"
    SKIPPED = "skipped", "跳过"


class CountedAs(Labelled):
    """In which role somebody counted the bags at a building."""

    CAPTAIN = "captain", "楼长"
    RUNNER = "runner", "配送志愿者"
    DESK = "desk", "点位或物资组"


class DifferenceState(Labelled):
    OPEN = "open", "待核对"
    SETTLED = "settled", "已核对"


class HeldReason(Labelled):
    CAPACITY = "capacity", "超出队伍运力"
    TEAM_TIME = "team_time", "各队班次时间不够"
    WINDOW = "window", "时间窗内赶不到"
    BLACKOUT = "blackout", "该楼此时段禁止进入"
    SHORT_WINDOW = "short_window", "可进入的时间太短"
    CLEARANCE = "clearance", "没有可进封控楼的队伍"
    NO_TEAM = "no_team", "没有可用的队伍"
    OVERSIZE = "oversize", "单件超过任何队伍的载重"
    UNREACHABLE = "unreachable", "小区门未开放"
    RELEASE = "release", "货物静置未到时间"
    HELD = "held", "人工暂存"
    OTHER = "other", "其他"


class Team(Versioned, Base):
    __tablename__ = "team"
    __table_args__ = (UniqueConstraint("subdistrict_id", "name"), STRICT)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    subdistrict_id: Mapped[int] = fk("subdistrict.id")
    name: Mapped[str] = plain_text()
    mode: Mapped[str] = choice_column("mode", TeamMode)
    capacity_g: Mapped[int] = mapped_column(Integer)
    capacity_ml: Mapped[int] = mapped_column(Integer)
    capacity_bags: Mapped[int] = mapped_column(Integer)
    zone_clearance: Mapped[int] = mapped_column(Integer, default=0)  # highest zone_level.round_order it may enter
    is_active: Mapped[bool] = mapped_column(BooleanFlag, default=True)


class TeamMember(Base):
    __tablename__ = "team_member"
    __table_args__ = STRICT

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    team_id: Mapped[int] = fk("team.id", index=True)
    account_id: Mapped[int | None] = fk("account.id")
    name: Mapped[str] = personal_text()


class Shift(Versioned, Base):
    """A team's hours on a day, from a depot. Capacity of the day comes from here."""

    __tablename__ = "shift"
    __table_args__ = (CheckConstraint("ends_at > starts_at", name="ends_after_start"), STRICT)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    team_id: Mapped[int] = fk("team.id", index=True)
    depot_id: Mapped[int] = fk("service_point.id")
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    is_cancelled: Mapped[bool] = mapped_column(BooleanFlag, default=False)
    team: Mapped[Team] = relationship()


class ModeHours(Base):
    """When teams of one kind may be on the road, on any day ("no carts after 22:00"): seconds after local midnight.
    Without a row they may be at any time."""

    __tablename__ = "mode_hours"
    __table_args__ = (CheckConstraint("closes_s > opens_s", name="closes_after_opening"), STRICT)

    subdistrict_id: Mapped[int] = fk("subdistrict.id", primary_key=True)
    mode: Mapped[str] = choice_column("mode", TeamMode, primary_key=True)
    opens_s: Mapped[int] = mapped_column(Integer)
    closes_s: Mapped[int] = mapped_column(Integer)


class DeliveryPlan(Created, Versioned, Base):
    """An answer for every packed bag of a wave. One published plan a wave; equal input is the same plan."""

    __tablename__ = "plan"
    __table_args__ = (
        UniqueConstraint("cycle_id", "wave", "input_sha256"),
        UniqueConstraint("id", "cycle_id"),
        Index(
            "uq_plan_published",
            "cycle_id",
            "wave",
            unique=True,
            sqlite_where=text("state = 'published'"),
            postgresql_where=text("state = 'published'"),
        ),
        STRICT,
    )
    LEGAL: ClassVar[dict[str, frozenset[str]]] = steps(proposed="published discarded", published="superseded")

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    cycle_id: Mapped[int] = fk("cycle.id")
    wave: Mapped[int] = mapped_column(Integer)
    input_sha256: Mapped[str] = plain_text()
    seed: Mapped[int] = mapped_column(Integer)
    solver: Mapped[str] = plain_text()
    cost: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = choice_column("state", PlanState, default=PlanState.PROPOSED)
    statistics: Mapped[Any] = json_column(default=dict)
    rounds: Mapped[list[DeliveryRound]] = relationship(order_by="DeliveryRound.seq", back_populates="plan")


class DeliveryRound(Versioned, Base):
    """One team, one departure."""

    __tablename__ = "round"
    __table_args__ = (UniqueConstraint("plan_id", "seq"), STRICT)
    LEGAL: ClassVar[dict[str, frozenset[str]]] = steps(
        planned="loading cancelled", loading="departed cancelled", departed="completed aborted"
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    plan_id: Mapped[int] = fk("plan.id")
    seq: Mapped[int] = mapped_column(Integer)
    shift_id: Mapped[int] = fk("shift.id")
    state: Mapped[str] = choice_column("state", RoundState, default=RoundState.PLANNED)
    departs_at: Mapped[datetime] = mapped_column(UtcDateTime)
    returns_at: Mapped[datetime] = mapped_column(UtcDateTime)
    distance_m: Mapped[int] = mapped_column(Integer, default=0)
    plan: Mapped[DeliveryPlan] = relationship(back_populates="rounds")
    shift: Mapped[Shift] = relationship()
    stops: Mapped[list[DeliveryStop]] = relationship(order_by="DeliveryStop.seq", back_populates="round")


class DeliveryStop(Versioned, Base):
    __tablename__ = "stop"
    __table_args__ = (
        UniqueConstraint("round_id", "seq"),
        UniqueConstraint("id", "plan_id"),
        Index("ix_stop_plan_id", "plan_id"),
        Index("ix_stop_building_id", "building_id"),
        STRICT,
    )
    LEGAL: ClassVar[dict[str, frozenset[str]]] = steps(
        pending="arrived signed refused skipped", arrived="signed refused skipped", skipped="pending"
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    plan_id: Mapped[int] = fk("plan.id")
    round_id: Mapped[int] = fk("round.id")
    seq: Mapped[int] = mapped_column(Integer)
    building_id: Mapped[int] = fk("building.id")
    arrive_at: Mapped[datetime] = mapped_column(UtcDateTime)
    service_s: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = choice_column("state", StopState, default=StopState.PENDING)
    skip_reason: Mapped[str] = plain_text(default="")
    round: Mapped[DeliveryRound] = relationship(back_populates="stops")


class PlanBag(Base):
    """The answer for one bag: a stop, or a reason for being held. Exactly one of the two."""

    __tablename__ = "plan_bag"
    __table_args__ = (
        ForeignKeyConstraint(["plan_id", "cycle_id"], ["plan.id", "plan.cycle_id"], ondelete="RESTRICT"),
        ForeignKeyConstraint(["bag_id", "cycle_id"], ["bag.id", "bag.cycle_id"], ondelete="RESTRICT"),
        ForeignKeyConstraint(["stop_id", "plan_id"], ["stop.id", "stop.plan_id"], ondelete="RESTRICT"),
        CheckConstraint("(stop_id IS NULL) <> (held_reason IS NULL)", name="exactly_one_answer"),
        Index("ix_plan_bag_stop_id", "stop_id"),
        Index("ix_plan_bag_bag_id", "bag_id"),
        STRICT,
    )

    plan_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bag_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    cycle_id: Mapped[int] = mapped_column(Integer)
    stop_id: Mapped[int | None] = mapped_column(Integer)
    held_reason: Mapped[str | None] = choice_column("held_reason", HeldReason)
    held_detail: Mapped[str] = plain_text(default="")


class DropOff(Base):
    """What holds of the bags that came to a building: counted + missing = expected.

    The first count makes it; where a second one differs, what is settled between them holds from then on.
    """

    __tablename__ = "drop_off"
    __table_args__ = (
        UniqueConstraint("stop_id"),
        CheckConstraint("bags_counted + bags_missing = bags_expected", name="counted_and_missing"),
        *(check_at_least(part, 0) for part in ("bags_expected", "bags_counted", "bags_missing")),
        STRICT,
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    stop_id: Mapped[int] = fk("stop.id")
    signed_by_id: Mapped[int] = fk("account.id")
    signed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    bags_expected: Mapped[int] = mapped_column(Integer)
    bags_counted: Mapped[int] = mapped_column(Integer)
    bags_missing: Mapped[int] = mapped_column(Integer)


class ArrivalCount(Base):
    """One person's count of the bags at a stop, kept as it was made; which bags it missed is in `arrival_missing`."""

    __tablename__ = "arrival_count"
    __table_args__ = (
        Index("ix_arrival_count_stop_id", "stop_id"),
        check_at_least("bags_counted", 0),
        check_at_least("bags_missing", 0),
        STRICT,
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    stop_id: Mapped[int] = fk("stop.id")
    by_id: Mapped[int] = fk("account.id")
    counted_as: Mapped[str] = choice_column("counted_as", CountedAs)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    bags_counted: Mapped[int] = mapped_column(Integer)
    bags_missing: Mapped[int] = mapped_column(Integer)


class ArrivalMissing(Base):
    """A bag that a count did not find."""

    __tablename__ = "arrival_missing"
    __table_args__ = (Index("ix_arrival_missing_bag_id", "bag_id"), STRICT)

    count_id: Mapped[int] = fk("arrival_count.id", primary_key=True)
    bag_id: Mapped[int] = fk("bag.id", primary_key=True)


class ArrivalDifference(Versioned, Base):
    """Two counts of a stop that name different bags; open until somebody says which bags are there."""

    __tablename__ = "arrival_difference"
    __table_args__ = (
        UniqueConstraint("stop_id"),
        CheckConstraint("(state = 'settled') = (settled_at IS NOT NULL)", name="settled_once"),
        Index("ix_arrival_difference_state", "state"),
        STRICT,
    )
    LEGAL: ClassVar[dict[str, frozenset[str]]] = steps(open="settled")

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    stop_id: Mapped[int] = fk("stop.id")
    state: Mapped[str] = choice_column("state", DifferenceState, default=DifferenceState.OPEN)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_by_id: Mapped[int | None] = fk("account.id")


class Custody(Base):
    """Who had a bag and passed it on, in order; append-only by trigger: it says who answers for a bag that is gone."""

    __tablename__ = "custody"
    __table_args__ = STRICT

    bag_id: Mapped[int] = fk("bag.id", primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    from_kind: Mapped[str] = plain_text()  # depot | team | captain
    from_id: Mapped[int] = mapped_column(Integer)
    to_kind: Mapped[str] = plain_text()  # team | captain | door | depot
    to_id: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    drop_off_id: Mapped[int | None] = fk("drop_off.id")
