"""`louda account`: the first administrator of an installation, and a way back in when every password is lost.

Everyday accounts with narrower scopes are made by the administrator in the browser. Passwords made here are shown once
and must be changed at the first sign-in; there is no default account.
"""

from __future__ import annotations

import re
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import select
from sqlalchemy.engine import make_url

from app.access.models import Account, Role, RoleGrant
from app.access.service import end_sign_ins, hashed, one_time_password, set_password
from app.core import events
from app.core.db import command, db
from app.places.imports import rules
from app.places.imports import service as imports_service
from app.places.models import Subdistrict

USERNAME = re.compile(r"[a-z][a-z0-9_.-]{1,39}")
ROLES = [role.value for role in Role]


class AccountRefused(click.ClickException):
    """The account cannot be made or found; the message says why."""


@click.group()
@with_appcontext
def account() -> None:
    """管理工作人员账号。 Manage staff accounts."""
    url = make_url(current_app.extensions["louda_settings"].database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        raise AccountRefused(
            "还没有数据库：先运行 ./louda migrate。 There is no database yet: run ./louda migrate first."
        )


@account.command("create")
@click.argument("username")
@click.option("--name", required=True, help="显示的姓名或岗位 The name that others see")
@click.option(
    "--role", type=click.Choice(ROLES), default=Role.SUBDISTRICT_ADMIN.value, show_default=True, help="角色 Role"
)
@click.option("--subdistrict", default="", help="街道名称，第一次时建立 Its name; made if there is none yet")
@with_appcontext
def create(username: str, name: str, role: str, subdistrict: str) -> None:
    """新建账号，权限覆盖整个街道。 Make an account whose role covers the whole subdistrict."""
    password = one_time_password()
    create_account(username.strip().lower(), name.strip(), role, subdistrict.strip(), password)
    _show(username, password)


@account.command("reset")
@click.argument("username")
@with_appcontext
def reset(username: str) -> None:
    """重设密码并结束其所有登录。 Set a new password and end every session of the account."""
    password = one_time_password()
    reset_account(username.strip().lower(), password)
    _show(username, password)


@account.command("disable")
@click.argument("username")
@with_appcontext
def disable(username: str) -> None:
    """停用账号，立即生效。 Disable an account, at once."""
    disable_account(username.strip().lower())
    click.echo(f"已停用 Disabled: {username}")


@account.command("list")
@with_appcontext
def list_accounts() -> None:
    """列出账号。 List the accounts."""
    for row in db.session.scalars(select(Account).order_by(Account.username)):
        roles = ", ".join(Role(grant.role).label for grant in row.grants)
        click.echo(f"{row.username:<24} {row.display_name}  {roles}{'' if row.is_active else '  停用 disabled'}")


@command
def create_account(username: str, name: str, role: str, subdistrict: str, password: str) -> Account:
    """Requires: a free user name; a subdistrict, or the name of the first one. Ensures: the password must be changed.

    Raises AccountRefused.
    """
    if not USERNAME.fullmatch(username):
        raise AccountRefused(
            "账号名要以小写字母开头，只用小写字母、数字和 . _ -。 Lower-case letters, digits and . _ - only."
        )
    if db.session.scalar(select(Account.id).where(Account.username == username)) is not None:
        raise AccountRefused(f"已有账号 {username}。 This account exists already.")
    place = _subdistrict(subdistrict)
    stored = hashed(password)
    row = Account(username=username, display_name=name or username, password_hash=stored, must_change_password=True)
    db.session.add(row)
    db.session.flush()
    db.session.add(RoleGrant(account_id=row.id, role=role, subdistrict_id=place.id))
    events.record(events.SYSTEM, "create", row, role=role)
    return row


@command
def reset_account(username: str, password: str) -> Account:
    """Ensures: the password holds once, and every session is over. Raises AccountRefused for an unknown name."""
    row = _find(username)
    set_password(row, password)
    row.must_change_password = True
    events.record(events.SYSTEM, "reset_password", row)
    return row


@command
def disable_account(username: str) -> Account:
    """Ensures: the account's next request is refused. Raises AccountRefused for an unknown name."""
    row = _find(username)
    row.is_active = False
    end_sign_ins(row)
    events.record(events.SYSTEM, "disable", row)
    return row


def _find(username: str) -> Account:
    row = db.session.scalar(select(Account).where(Account.username == username))
    if row is None:
        raise AccountRefused(f"没有账号 {username}。 There is no such account.")
    return row


def _subdistrict(name: str) -> Subdistrict:
    present = list(db.session.scalars(select(Subdistrict).order_by(Subdistrict.id)))
    chosen = [row for row in present if name in ("", row.name, row.code)]
    chosen = chosen or [row for row in present if rules.is_same_name(row.name, name)]
    if not chosen and len(present) == 1 and not rules.has_name(present[0].code, present[0].name):
        chosen = present
    if len(chosen) == 1:
        if name != chosen[0].code:
            imports_service.take_over(chosen[0], "", name)  # a table brought its code only
        return chosen[0]
    if present or not name:
        names = "、".join(row.name for row in present) or "—"
        raise AccountRefused(f"请用 --subdistrict 指明街道（现有：{names}）。 Name the subdistrict with --subdistrict.")
    first = Subdistrict(code=name, name=name)
    db.session.add(first)
    db.session.flush()
    events.record(events.SYSTEM, "create", first)
    return first


def _show(username: str, password: str) -> None:
    click.echo(f"账号 User name: {username}\n一次性密码 One-time password: {password}")
    click.echo("首次登录时须修改，此密码不会再显示。 It must be changed at the first sign-in and is not shown again.")
