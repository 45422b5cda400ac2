"""Name an address, pause it, strike it out; empty the outbox that the database fills with each entry of the log."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select, update

from app.access.permissions import Permission, Staff
from app.access.sessions import settings
from app.api.webhooks.models import DeliveryState, Webhook, WebhookDelivery, WebhookKind, WebhookState
from app.api.webhooks.rules import next_attempt, secret_of, signature
from app.api.webhooks.schemas import NewWebhook
from app.api.webhooks.sending import NotSent, endpoint_of, post
from app.core import clock
from app.core.db import background_transaction, canonical_json, command, db, end_read
from app.core.errors import Conflict, Invalid, NotFound
from app.core.events import Event, record
from app.places.scope import require_subdistrict

AT_ONCE = 20  # messages to one address before the next one has its turn
LEASE = timedelta(seconds=30)  # an attempt takes a few seconds at most; after that another worker may try
KEPT_FOR = timedelta(days=14)  # messages that are over


@command
def add_webhook(by: Staff, subdistrict_id: int, wanted: NewWebhook) -> Webhook:
    """Tell an address from now on. Raises: NotFound, Invalid."""
    require_subdistrict(by, Permission.ACCOUNTS, subdistrict_id)
    try:
        endpoint_of(wanted.url)
    except NotSent as error:
        raise Invalid({"url": [_("请填 https:// 开头的网址。")]}) from error
    row = Webhook(subdistrict_id=subdistrict_id, url=wanted.url, kinds=sorted(set(wanted.kinds)))
    row.salt, row.created_by_id = secrets.token_hex(16), by.id
    db.session.add(row)
    db.session.flush()
    record(by, "add_webhook", row, kinds=row.kinds)
    return row


@command
def set_webhook(by: Staff, webhook_id: int, state: WebhookState) -> Webhook:
    """Pause an address, take it up again, or strike it out for good.

    Ensures: what happens while it is paused is not told; what waited goes on when it is taken up. Raises NotFound.
    """
    row = require_webhook(by, webhook_id)
    if row.state != state:
        row.state = state
        record(by, f"set_webhook_{state}", row)
    return row


@command
def try_webhook(by: Staff, webhook_id: int) -> Webhook:
    """Send the address a trial that tells nothing. Raises NotFound, Conflict for one that is paused."""
    row = require_webhook(by, webhook_id)
    if row.state != WebhookState.ACTIVE:
        raise Conflict(_l("已暂停的网址不能试发，请先恢复。"))
    db.session.add(WebhookDelivery(webhook_id=row.id, kind=WebhookKind.TEST, due_at=clock.now()))
    return row


@command
def send_again(by: Staff, webhook_id: int, delivery_id: int) -> Webhook:
    """Take up a message that was given up. Raises NotFound."""
    row = require_webhook(by, webhook_id)
    sent = db.session.get(WebhookDelivery, delivery_id)
    if sent is None or sent.webhook_id != row.id:
        raise NotFound
    if sent.state == DeliveryState.FAILED:
        sent.state, sent.attempts, sent.due_at = DeliveryState.QUEUED, 0, clock.now()
    return row


def require_webhook(by: Staff, webhook_id: int) -> Webhook:
    """An address of a subdistrict in reach. Raises NotFound."""
    row = db.session.get(Webhook, webhook_id)
    if row is None or row.state == WebhookState.REMOVED:
        raise NotFound
    require_subdistrict(by, Permission.ACCOUNTS, row.subdistrict_id)
    return row


def secret_for(row: Webhook) -> bytes:
    """The secret with which the messages of an address are signed."""
    return secret_of(settings().secret_key, row.salt)


def send_due(is_stopped: Callable[[], bool] = lambda: False) -> int:
    """Send what is due until `is_stopped`; returns how many messages were tried.

    Each address has its turn, its oldest messages first, up to the first that fails: one that does not answer keeps the
    others waiting for one attempt at most.
    """
    db.session.rollback()
    queued = _due().join(Webhook).where(Webhook.state == WebhookState.ACTIVE)
    told = db.session.scalars(queued.with_only_columns(WebhookDelivery.webhook_id).distinct()).all()
    end_read()
    tried = 0
    for webhook_id in told:
        first = _due().where(WebhookDelivery.webhook_id == webhook_id).order_by(WebhookDelivery.id).limit(AT_ONCE)
        ids = db.session.scalars(first).all()
        end_read()
        for delivery_id in ids:
            if is_stopped():
                return tried
            tried += 1
            if not _send(delivery_id):
                break
    return tried


def _due() -> Any:
    due = (WebhookDelivery.state == DeliveryState.QUEUED) & (WebhookDelivery.due_at <= clock.now())
    return select(WebhookDelivery.id).where(due)


def _send(delivery_id: int) -> bool:
    """One attempt. Returns whether the address may be tried with the next message."""
    claimed = _claim(delivery_id)
    if claimed is None:
        return True
    attempt, url, body, headers = claimed
    try:
        answer, is_sent = str(post(url, body, headers, allows_private=settings().is_webhook_private_allowed)), True
    except NotSent as error:
        answer, is_sent = str(error), False
    _note(delivery_id, attempt, answer, is_sent)
    return is_sent


@background_transaction
def _claim(delivery_id: int) -> tuple[int, str, str, dict[str, str]] | None:
    """Take a message for one attempt; None where another worker has it."""
    now = clock.now()
    own = (WebhookDelivery.id == delivery_id) & (WebhookDelivery.state == DeliveryState.QUEUED)
    own &= WebhookDelivery.due_at <= now
    taken = update(WebhookDelivery).where(own).values(attempts=WebhookDelivery.attempts + 1, due_at=now + LEASE)
    held: Any = db.session.execute(taken.execution_options(synchronize_session=False))
    if not held.rowcount:
        return None
    row = db.session.get_one(WebhookDelivery, delivery_id, populate_existing=True)
    body, stamp = canonical_json(_payload(row)), int(now.timestamp())
    message_id = f"msg_{row.id}"  # the same at each attempt: a receiver knows what it has had
    headers = {
        "webhook-id": message_id,
        "webhook-timestamp": str(stamp),
        "webhook-signature": signature(secret_for(row.webhook), message_id, stamp, body),
    }
    return row.attempts, row.webhook.url, body, headers


def _payload(row: WebhookDelivery) -> dict[str, Any]:
    """Numbers only: whoever may know more asks the API with a token."""
    entry = db.session.get(Event, row.event_id) if row.event_id is not None else None
    data: dict[str, Any] = {"subdistrict_id": row.webhook.subdistrict_id}
    if entry is not None:
        subject = {"subject_type": entry.subject_type, "subject_id": entry.subject_id}
        data |= {**subject, "cycle_id": entry.cycle_id, "event_id": entry.id}
    return {"type": str(row.kind), "timestamp": row.created_at.isoformat(), "data": data}


@background_transaction
def _note(delivery_id: int, attempt: int, answer: str, is_sent: bool) -> None:
    """Write down what came of an attempt, unless another one has begun meanwhile."""
    row = db.session.get_one(WebhookDelivery, delivery_id, populate_existing=True)
    if row.attempts != attempt or row.state != DeliveryState.QUEUED:
        return
    row.answer = answer[:60]
    wait = next_attempt(attempt)
    if is_sent:
        row.state = DeliveryState.SENT
    elif wait is None:
        row.state = DeliveryState.FAILED
    else:
        row.due_at = clock.now() + wait


@background_transaction
def forget_old_messages() -> None:
    """Ensures: what was sent or given up longer ago than it is kept for is gone."""
    over = (WebhookDelivery.state != DeliveryState.QUEUED) & (WebhookDelivery.created_at < clock.now() - KEPT_FOR)
    db.session.execute(delete(WebhookDelivery).where(over).execution_options(synchronize_session=False))
