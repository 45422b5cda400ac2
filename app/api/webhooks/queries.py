"""What the pages of webhooks show."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from app.access.permissions import Permission, Staff, ids_of
from app.api.webhooks.models import DeliveryState, Webhook, WebhookDelivery, WebhookState
from app.core.db import db
from app.places.models import Subdistrict

SHOWN = 30


@dataclass(frozen=True)
class WebhookRow:
    """An address with the counts of its messages by state."""

    webhook: Webhook
    subdistrict: str
    queued: int
    sent: int
    failed: int


def webhooks(by: Staff) -> list[WebhookRow]:
    """The addresses of the subdistricts in reach. Two statements."""
    own = ids_of(by.scopes(Permission.ACCOUNTS), "subdistrict")
    found = db.session.execute(
        select(Webhook, Subdistrict.name)
        .join(Subdistrict, Subdistrict.id == Webhook.subdistrict_id)
        .where(Webhook.subdistrict_id.in_(own), Webhook.state != WebhookState.REMOVED)
        .order_by(Webhook.id)
    ).all()
    counted = (
        select(WebhookDelivery.webhook_id, WebhookDelivery.state, func.count())
        .where(WebhookDelivery.webhook_id.in_([row.id for row, _name in found]))
        .group_by(WebhookDelivery.webhook_id, WebhookDelivery.state)
    )
    counts = {(webhook, state): n for webhook, state, n in db.session.execute(counted)}
    states = (DeliveryState.QUEUED, DeliveryState.SENT, DeliveryState.FAILED)
    return [WebhookRow(row, name, *(counts.get((row.id, state), 0) for state in states)) for row, name in found]


def messages(webhook_id: int) -> list[WebhookDelivery]:
    """What was given up, then the latest messages of an address. One statement."""
    is_sent = WebhookDelivery.state != DeliveryState.FAILED
    found = select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook_id)
    return list(db.session.scalars(found.order_by(is_sent, WebhookDelivery.id.desc()).limit(SHOWN)))


def subdistrict_options(by: Staff) -> list[tuple[int, str]]:
    """(id, name) of the subdistricts for which an address may be named."""
    own = ids_of(by.scopes(Permission.ACCOUNTS), "subdistrict")
    found = select(Subdistrict.id, Subdistrict.name).where(Subdistrict.id.in_(own)).order_by(Subdistrict.id)
    return [(one, name) for one, name in db.session.execute(found)]
