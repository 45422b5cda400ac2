"""Pages of accounts: who may do what, where."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access.forms.submission import run_or_show_again
from app.access.guard import requires, staff, submit
from app.access.models import Account, Role
from app.access.permissions import Permission
from app.access.service import one_time_password
from app.core.input.schemas import Form
from app.core.paging import page_url_of
from app.places.accounts import queries as accounts_queries
from app.places.accounts import service
from app.places.accounts.schemas import AccountWithRole, RoleInScope

bp = Blueprint("accounts", __name__, url_prefix="/accounts")
ACCOUNTS = Permission.ACCOUNTS


@bp.get("/")
@requires(ACCOUNTS)
def index() -> ResponseReturnValue:
    """Accounts with a role in the actor's subdistrict."""
    text, role = request.args.get("q", ""), request.args.get("role", "")
    links = page_url_of(request.path, request.args.items(multi=True))
    page = accounts_queries.accounts(staff(), text, role, request.args.get("page"), links)
    return render_template("access/accounts.html", page=page, text=text, role=role, roles=Role.options())


def _with_password(run: Callable[..., Account], *args: Any) -> ResponseReturnValue:
    """Run a command that takes a new password, and show that password once: it is neither stored nor logged."""
    password = one_time_password()
    made: list[Account] = []

    def then(account: Account) -> str:
        made.append(account)
        return url_for("accounts.show", account_id=account.id)

    answer = submit(then=then)(run, staff(), *args, password)
    if not made:
        return answer  # the form had taken effect before; its password was shown then
    return render_template("access/new_password.html", account=made[-1], password=password)


@bp.route("/new", methods=["GET", "POST"])
@requires(ACCOUNTS)
def new() -> ResponseReturnValue:
    """Open an account; ?building= offers that building as scope."""
    building_id = request.args.get("building", type=int)

    def page(form: Form | None, _theirs: dict[str, str]) -> str:
        return render_template(
            "access/account_new.html",
            form=form,
            roles=Role.options(),
            scopes=accounts_queries.scope_options(staff(), building_id),
            building_id=building_id,
        )

    if request.method == "GET":
        return page(None, {})
    return run_or_show_again(
        Form(AccountWithRole, request.form), lambda wanted: _with_password(service.open_account, wanted), page
    )


def _page(account_id: int, form: Form | None = None) -> str:
    account = service.require_account(staff(), account_id)
    return render_template(
        "access/account_edit.html",
        account=accounts_queries.rows([account])[0],
        is_own=account.id == staff().id,
        roles=Role.options(),
        scopes=accounts_queries.scope_options(staff(), request.args.get("building", type=int)),
        form=form,
    )


@bp.get("/<int:account_id>")
@requires(ACCOUNTS)
def show(account_id: int) -> ResponseReturnValue:
    """One account with its roles."""
    return _page(account_id)


def _to(account: Account) -> str:
    return url_for("accounts.show", account_id=account.id)


@bp.post("/<int:account_id>/roles")
@requires(ACCOUNTS)
def grant(account_id: int) -> ResponseReturnValue:
    """One more role."""
    return run_or_show_again(
        Form(RoleInScope, request.form),
        lambda wanted: submit(then=_to, says=_("已加上角色"))(service.grant_role, staff(), account_id, wanted),
        lambda form, _theirs: _page(account_id, form),
    )


@bp.post("/roles/<int:grant_id>/revoke")
@requires(ACCOUNTS)
def revoke(grant_id: int) -> ResponseReturnValue:
    """A role ends now."""
    return submit(then=_to, says=_("已收回角色"))(service.revoke_role, staff(), grant_id)


@bp.post("/<int:account_id>/disable")
@requires(ACCOUNTS)
def disable(account_id: int) -> ResponseReturnValue:
    """Nobody gets in with this account any more."""
    return submit(then=_to, says=_("已停用"))(service.set_active, staff(), account_id, False)


@bp.post("/<int:account_id>/enable")
@requires(ACCOUNTS)
def enable(account_id: int) -> ResponseReturnValue:
    """The account works again."""
    return submit(then=_to, says=_("已启用"))(service.set_active, staff(), account_id, True)


@bp.post("/<int:account_id>/password")
@requires(ACCOUNTS)
def password(account_id: int) -> ResponseReturnValue:
    """A one-time password."""
    return _with_password(service.give_password, account_id)
