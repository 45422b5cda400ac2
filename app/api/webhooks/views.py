"""Pages of the other systems that are told what happens."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access.forms.submission import run_or_show_again
from app.access.guard import requires, staff, submit
from app.access.permissions import Permission
from app.api.webhooks import queries, service
from app.api.webhooks.models import Webhook, WebhookState
from app.api.webhooks.rules import shown_secret
from app.api.webhooks.schemas import CHOSEN, NewWebhook, SetWebhook
from app.core.errors import NotFound
from app.core.input.schemas import Form

bp = Blueprint("webhooks", __name__, url_prefix="/webhooks")


@bp.get("/")
@requires(Permission.ACCOUNTS)
def index() -> str:
    """The addresses, how many messages wait for each, and the form of a new one."""
    return _page(Form())


def _page(form: Form) -> str:
    return render_template(
        "api/webhooks.html",
        rows=queries.webhooks(staff()),
        kinds=[(kind.value, kind.label) for kind in CHOSEN],
        subdistricts=queries.subdistrict_options(staff()),
        form=form,
    )


@bp.post("/")
@requires(Permission.ACCOUNTS)
def add() -> ResponseReturnValue:
    """Tell one more address, and show its secret once."""
    return run_or_show_again(Form(NewWebhook, request.form), _add, lambda form, _theirs: _page(form))


def _add(wanted: NewWebhook) -> ResponseReturnValue:
    made: list[Webhook] = []

    def then(row: Webhook) -> str:
        made.append(row)
        return url_for("webhooks.index")

    answer = submit(then=then)(service.add_webhook, staff(), wanted.subdistrict, wanted)
    if not made:
        return answer  # the form had taken effect before; its secret was shown then
    secret = shown_secret(service.secret_for(made[-1]))
    return render_template("api/new_webhook.html", row=made[-1], secret=secret)


@bp.get("/<int:webhook_id>")
@requires(Permission.ACCOUNTS)
def show(webhook_id: int) -> str:
    """One address: its latest messages, those that were given up first."""
    row = service.require_webhook(staff(), webhook_id)
    return render_template("api/webhook.html", row=row, messages=queries.messages(row.id))


def _to(row: Webhook) -> str:
    if row.state == WebhookState.REMOVED:
        return url_for("webhooks.index")
    return url_for("webhooks.show", webhook_id=row.id)


@bp.post("/<int:webhook_id>/state")
@requires(Permission.ACCOUNTS)
def set_state(webhook_id: int) -> ResponseReturnValue:
    """Pause, take up again, remove."""
    form = Form(SetWebhook, request.form)
    if not form.is_valid:
        raise NotFound
    return submit(then=_to, says=_("已更新。"))(
        service.set_webhook, staff(), webhook_id, WebhookState(form.command.state)
    )


@bp.post("/<int:webhook_id>/try")
@requires(Permission.ACCOUNTS)
def try_out(webhook_id: int) -> ResponseReturnValue:
    """Send a trial."""
    return submit(then=_to, says=_("已排队试发，几秒后刷新本页看结果。"))(service.try_webhook, staff(), webhook_id)


@bp.post("/<int:webhook_id>/messages/<int:delivery_id>/again")
@requires(Permission.ACCOUNTS)
def again(webhook_id: int, delivery_id: int) -> ResponseReturnValue:
    """Take up a message that was given up."""
    return submit(then=_to, says=_("已重新排队。"))(service.send_again, staff(), webhook_id, delivery_id)
