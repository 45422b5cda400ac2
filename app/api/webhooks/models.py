"""Addresses of other systems, and what is still to be told to each."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import STRICT, Base, Created, UtcDateTime, choice_column, fk, json_column, plain_text
from app.core.labels import Labelled


class WebhookKind(Labelled):
    """What another system may be told. Which entries of the log these are stands in the trigger that writes the outbox
    (migrations, `event_is_told`)."""

    TEST = "test", "试发"
    ORDER_PLACED = "order.placed", "下单或改单"
    TALLY_SIGNED = "tally.signed", "点位汇总表已签"
    ROUND_PUBLISHED = "round.published", "路线已发布"
    BAG_DELIVERED = "bag.delivered", "袋已放到门口"
    COMPLAINT_OPENED = "complaint.opened", "有人提出异议"


class WebhookState(Labelled):
    ACTIVE = "active", "通知中"
    PAUSED = "paused", "已暂停"
    REMOVED = "removed", "已删除"


class DeliveryState(Labelled):
    QUEUED = "queued", "等待发送"
    SENT = "sent", "已送达"
    FAILED = "failed", "没有送到"


class Webhook(Created, Base):
    """An address that is told what happens in a subdistrict. `salt` and the installation's key make its secret."""

    __tablename__ = "webhook"
    __table_args__ = (Index("ix_webhook_subdistrict_id", "subdistrict_id"), STRICT)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    subdistrict_id: Mapped[int] = fk("subdistrict.id")
    url: Mapped[str] = plain_text()
    kinds: Mapped[Any] = json_column()  # values of WebhookKind
    salt: Mapped[str] = plain_text()
    state: Mapped[str] = choice_column("state", WebhookState, default=WebhookState.ACTIVE)
    created_by_id: Mapped[int] = fk("account.id")

    @property
    def kind_labels(self) -> str:
        return "、".join(WebhookKind(kind).label for kind in self.kinds)

    @property
    def state_label(self) -> str:
        return WebhookState(self.state).label


class WebhookDelivery(Created, Base):
    """The outbox: one message for one address. The same entry of the log is told to an address once; `event_id` None:
    a trial, asked for on the page."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("webhook_id", "event_id"),
        Index("ix_webhook_delivery_due", "state", "due_at"),
        STRICT,
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    webhook_id: Mapped[int] = fk("webhook.id")
    event_id: Mapped[int | None] = mapped_column(Integer)
    kind: Mapped[str] = choice_column("kind", WebhookKind)
    state: Mapped[str] = choice_column("state", DeliveryState, default=DeliveryState.QUEUED)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answer: Mapped[str] = plain_text(default="")  # what came of the last attempt: a status, or a word of ours
    webhook: Mapped[Webhook] = relationship()

    @property
    def kind_label(self) -> str:
        return WebhookKind(self.kind).label

    @property
    def state_label(self) -> str:
        return DeliveryState(self.state).label
