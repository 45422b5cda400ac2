"""What the forms of webhooks send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from marshmallow import fields, validate

from app.api.webhooks.models import WebhookKind, WebhookState
from app.core.input.fields import REQUIRED, Line, Whole, one_of

CHOSEN = tuple(kind for kind in WebhookKind if kind != WebhookKind.TEST)


@dataclass(frozen=True)
class NewWebhook:
    """Tell an address of these kinds of events in a subdistrict."""

    url: Annotated[str, Line(longest=300)]
    kinds: Annotated[
        list[str],
        fields.List(
            fields.String(validate=one_of(CHOSEN)), required=True, validate=validate.Length(min=1, error=REQUIRED)
        ),
    ]
    subdistrict: Annotated[int, Whole(least=1, most=2**31 - 1)]


@dataclass(frozen=True)
class SetWebhook:
    """Pause, take up again, remove."""

    state: Annotated[str, Line(validate=one_of(WebhookState))]
