"""The door of the site: sign in and out, own account, the first page, health, what is kept about people."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, g, jsonify, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import landing, rules, service, sessions, throttle
from app.access.forms.kept_page import Sent, deserialized_form, page_after_sign_in
from app.access.guard import public, requires, staff, submit
from app.access.permissions import Permission
from app.access.schemas import Credentials, NewPassword
from app.core.errors import Forbidden, Invalid, request_id, wants_json
from app.core.input.schemas import Form

HEALTH = "louda_health"  # in app.extensions: looks at the installation
bp = Blueprint("access", __name__)


@bp.get("/")
@public
def home() -> ResponseReturnValue:
    """Lead everybody to where their work is."""
    if g.get("staff") is not None:
        return redirect(landing.for_staff(g.staff))
    if g.get("resident") is not None:
        return redirect(landing.for_resident(g.resident))
    return redirect(url_for("access.sign_in"))


@bp.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> ResponseReturnValue:
    """Ask for name and password; five wrong ones per account from one address and quarter of an hour."""
    wanted = rules.path_within(request.values.get("next"))
    if request.method == "GET":
        if g.get("staff") is not None:
            return redirect(wanted or url_for("access.home"))
        return render_template("access/sign_in.html", form=None, next=wanted, ended=session.get("ended"))
    form, kept, status = Form(Credentials, request.form), request.form.get("_kept", ""), 422
    if form.is_valid:
        taken = service.take_attempt(service.login_budgets(form.command.username, throttle.place_of_request()))
        if not taken.is_granted:
            _log_failure(form.command.username, "blocked")
            form.add(Invalid(_("试错次数太多。请 15 分钟后再试，或请街道管理员重设密码。")))
            status = 429
        else:
            account = service.account_with(form.command.username, form.command.password)
            if account is not None:
                service.refund_attempt(taken)
                return _enter(account.id, wanted, deserialized_form(kept))
            _log_failure(form.command.username, "refused")
            form.add(Invalid(_("账号或密码不对。")))
    return render_template("access/sign_in.html", form=form, next=wanted, kept=kept), status


def _log_failure(username: str, what: str) -> None:
    """One line, without a name that is no account's: people type passwords there. The mark tells one address of many
    tries from many addresses."""
    account_id = service.account_id_of(username)
    who = f"account {account_id}" if account_id else "unknown account"
    mark = throttle.key_mark(f"address:{throttle.place_of_request()}")
    current_app.logger.warning("sign-in %s: %s, address %s, request %s", what, who, mark, request_id())


def _enter(account_id: int, wanted: str | None, kept: Sent | None) -> ResponseReturnValue:
    account = sessions.staff_account(account_id)
    if account is None:
        return redirect(url_for("access.sign_in"))
    actor = sessions.staff_actor(account)
    sessions.sign_in(account, service.open_session(actor, _device()))
    if account.must_change_password:
        session["must_change"] = True
        return redirect(url_for("access.account"), 303)
    if kept is not None and kept.account in (0, account_id):
        again = page_after_sign_in(kept, _("您登录前正在填这一页。"))
        if again is not None:
            return again
        flash(_("登录前的那一页现在打不开了。"), "warn")
        return redirect(landing.for_staff(actor), 303)
    return redirect(wanted or landing.for_staff(actor), 303)


@bp.before_app_request
def first_change_password() -> ResponseReturnValue | None:
    """A password that somebody else made opens nothing but the page that changes it."""
    if not session.get("must_change") or g.get("staff") is None:
        return None
    if request.endpoint in ("access.account", "access.sign_out", "access.privacy", "access.health", "assets.file"):
        return None
    if wants_json():
        raise Forbidden(_("现在的密码是别人给您的，只用一次。请先换成自己的密码。"))
    return redirect(url_for("access.account"), 303)


@bp.post("/sign-out")
@requires(Permission.SELF)
def sign_out() -> ResponseReturnValue:
    """End this session, for whoever holds its cookie."""
    held = sessions.session_of_request()
    if held is not None:
        service.end_session(staff(), held.id)
    sessions.clear_session()
    return redirect(url_for("access.sign_in"), 303)


@bp.get("/account/devices")
@requires(Permission.SELF)
def devices() -> ResponseReturnValue:
    """Where the own account is signed in."""
    held = sessions.session_of_request()
    return render_template("access/devices.html", found=service.open_sessions(staff()), here=held.id if held else 0)


@bp.post("/account/devices/<int:session_id>/end")
@requires(Permission.SELF)
def end_device(session_id: int) -> ResponseReturnValue:
    """End one sign-in of the own account."""
    then = url_for("access.devices")
    return submit(then=lambda _done: then, says=_("那台设备上的登录已结束。"))(service.end_session, staff(), session_id)


@bp.post("/account/devices/end-all")
@requires(Permission.SELF)
def end_all_devices() -> ResponseReturnValue:
    """End every sign-in of the own account, this one too."""
    then = url_for("access.sign_in")
    answer = submit(then=lambda _done: then, says=_("所有设备上的登录都已结束。请重新登录。"))(
        service.end_all_sessions, staff()
    )
    sessions.clear_session()
    return answer


@bp.route("/account", methods=["GET", "POST"])
@requires(Permission.SELF)
def account() -> ResponseReturnValue:
    """The own account: roles, and another password."""
    must = bool(session.get("must_change"))
    if request.method == "GET":
        return render_template("access/account.html", form=None, must_change=must, me=staff())
    form = Form(NewPassword, request.form)
    if form.is_valid:
        try:
            then = url_for("access.home")
            answer = submit(then=lambda _account: then, says=_("密码已更换，其他设备上的登录已退出。"))(
                service.change_password, staff(), form.command
            )
            changed = sessions.staff_account(staff().id)
            if changed is not None:
                actor = sessions.staff_actor(changed)
                sessions.sign_in(changed, service.open_session(actor, _device(), is_sign_in=False))
            return answer
        except Invalid as error:
            form.add(error)
    return render_template("access/account.html", form=form, must_change=must, me=staff()), 422


def _device() -> str:
    return rules.device_name(request.headers.get("User-Agent", ""))


@bp.get("/privacy")
@public
def privacy() -> ResponseReturnValue:
    """What is kept about people, why, and until when."""
    return render_template("access/privacy.html", days=sessions.settings().purge_after_days)


@bp.get("/healthz")
@public
def health() -> ResponseReturnValue:
    """For a monitor: 200 while nobody has to come, 503 otherwise. Our own server answers it before any thread does."""
    told = current_app.extensions[HEALTH]()
    return jsonify(told), 200 if told["ok"] else 503
