"""Pages of the tokens that the own account has given to programs."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access.forms.submission import run_or_show_again
from app.access.guard import requires, staff, submit
from app.access.permissions import Permission
from app.access.tokens import service
from app.access.tokens.models import ApiToken, TokenScope
from app.access.tokens.queries import open_tokens, role_options
from app.access.tokens.schemas import MOST_DAYS, NewToken
from app.core.input.schemas import Form

bp = Blueprint("access_tokens", __name__, url_prefix="/account/tokens")
USUAL_DAYS = 90


@bp.get("/")
@requires(Permission.SELF)
def index() -> str:
    """The tokens that still open something, and the form of a new one."""
    return _page(Form(initial={"days": USUAL_DAYS}))


def _page(form: Form) -> str:
    return render_template(
        "access/tokens.html",
        tokens=open_tokens(staff()),
        roles=role_options(staff()),
        scopes=TokenScope.options(),
        most_days=MOST_DAYS,
        form=form,
    )


@bp.post("/")
@requires(Permission.SELF)
def create() -> ResponseReturnValue:
    """Make a token and show it once: it is neither stored nor logged."""
    return run_or_show_again(Form(NewToken, request.form), _create, lambda form, _theirs: _page(form))


def _create(wanted: NewToken) -> ResponseReturnValue:
    secret = service.new_secret()
    made: list[ApiToken] = []

    def then(token: ApiToken) -> str:
        made.append(token)
        return url_for("access_tokens.index")

    answer = submit(then=then)(service.create_token, staff(), wanted, secret)
    if not made:
        return answer  # the form had taken effect before; its token was shown then
    return render_template("access/new_token.html", token=made[-1], secret=secret)


@bp.post("/<int:token_id>/revoke")
@requires(Permission.SELF)
def revoke(token_id: int) -> ResponseReturnValue:
    """The token opens nothing any more."""
    return submit(then=lambda _token: url_for("access_tokens.index"), says=_("令牌已停用。"))(
        service.revoke_token, staff(), token_id
    )
