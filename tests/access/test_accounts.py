"""Accounts of others: who may open, grant, revoke and disable, and within which scope."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.security import check_password_hash

from app.access import service
from app.access.models import Account, Role, RoleGrant
from app.access.permissions import Permission
from app.core import clock
from app.core.db import db
from app.core.events import Event
from app.places.models import Captaincy, Community, ServicePoint, Subdistrict
from tests.conftest import PRODUCTION_METHOD
from tests.world import World, build, post, sign_in


@pytest.fixture
def world(app: Flask) -> World:
    made = build()
    db.session.commit()
    return made


@pytest.fixture
def admin(app: Flask, world: World) -> FlaskClient:
    return sign_in(app, world, "admin")


def wanted(world: World, **typed: str) -> dict[str, str]:
    point = f"service_point:{world.points[0].id}"
    return {"username": "wang.nan", "display_name": "王楠", "role": "point_leader", "scope": point, **typed}


def opened(admin: FlaskClient, world: World, **typed: str) -> tuple[Account, str]:
    answer = post(admin, "/accounts/new", "/accounts/new", wanted(world, **typed))
    assert answer.status_code == 200, answer.get_data(as_text=True)
    password = re.search(r"\b([2-9A-Z]{4}(?:-[2-9A-Z]{4}){3})\b", answer.get_data(as_text=True))
    assert password
    return db.session.scalars(select(Account).where(Account.username == "wang.nan")).one(), password[1]


def test_a_new_account_gets_a_password_shown_once_that_must_be_changed(
    app: Flask, admin: FlaskClient, world: World
) -> None:
    account, password = opened(admin, world)
    assert account.must_change_password
    assert password not in account.password_hash
    assert password not in admin.get(f"/accounts/{account.id}").get_data(as_text=True)
    assert all(password not in str(data) for data in db.session.scalars(select(Event.data)))
    client = app.test_client()
    entered = post(client, "/sign-in", "/sign-in", {"username": "wang.nan", "password": password})
    assert entered.headers["Location"] == "/account"


def test_sending_the_form_twice_opens_one_account_and_hides_the_password(admin: FlaskClient, world: World) -> None:
    key = "2" * 32
    first = post(admin, "/accounts/new", "/accounts/new", wanted(world), key)
    second = post(admin, "/accounts/new", "/accounts/new", wanted(world), key)
    assert (first.status_code, second.status_code) == (200, 303)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"username": "王"}, "username"),
        ({"username": "a"}, "username"),
        ({"username": "admin"}, "username"),
        ({"role": "king"}, "role"),
        ({"role": "subdistrict_admin"}, "scope"),
        ({"scope": "service_point:99999"}, "scope"),
        ({"scope": "service_point:1 OR 1=1"}, "scope"),
        ({"scope": "planet:1"}, "scope"),
        ({"is_active": "1"}, "is_active"),
    ],
)
def test_wrong_input_opens_nothing(admin: FlaskClient, world: World, typed: dict[str, str], field: str) -> None:
    answer = post(admin, "/accounts/new", "/accounts/new", wanted(world, **typed))
    assert answer.status_code == 422
    assert f"#f-{field}" in answer.get_data(as_text=True)
    assert db.session.scalar(select(Account).where(Account.username == "wang.nan")) is None


def test_a_captain_opened_for_a_building_is_its_captain(admin: FlaskClient, world: World) -> None:
    building = world.buildings[0]
    page = admin.get(f"/accounts/new?building={building.id}").get_data(as_text=True)
    assert f"building:{building.id}" in page
    account, _password = opened(admin, world, role="building_captain", scope=f"building:{building.id}")
    captaincy = db.session.scalars(select(Captaincy).where(Captaincy.account_id == account.id)).one()
    assert (captaincy.building_id, captaincy.is_deputy) == (building.id, False)


def test_a_role_is_added_and_taken_back(admin: FlaskClient, world: World) -> None:
    leader = world.accounts["leader"]
    page = f"/accounts/{leader.id}"
    more = {"role": "runner", "scope": f"subdistrict:{world.subdistrict.id}"}
    assert post(admin, page, page + "/roles", more).status_code == 303
    assert post(admin, page, page + "/roles", more).status_code == 422
    assert world.actor("leader").may(Permission.LOAD)
    grant = db.session.scalars(
        select(RoleGrant).where(RoleGrant.account_id == leader.id, RoleGrant.role == "runner")
    ).one()
    assert post(admin, page, f"/accounts/roles/{grant.id}/revoke", {}).status_code == 303
    db.session.expire_all()
    assert not world.actor("leader").may(Permission.LOAD)


def test_a_disabled_account_is_out_at_once_and_can_come_back(app: Flask, admin: FlaskClient, world: World) -> None:
    leader, page = sign_in(app, world, "leader"), f"/accounts/{world.accounts['leader'].id}"
    assert leader.get("/account").status_code == 200
    post(admin, page, page + "/disable", {})
    assert leader.get("/account").status_code == 302
    post(admin, page, page + "/enable", {})
    assert leader.get("/account").status_code == 302  # the old session stays over
    db.session.expire_all()
    assert world.accounts["leader"].is_active


def test_a_one_time_password_ends_the_sessions_of_the_account(app: Flask, admin: FlaskClient, world: World) -> None:
    leader, page = sign_in(app, world, "leader"), f"/accounts/{world.accounts['leader'].id}"
    assert post(admin, page, page + "/password", {}).status_code == 200
    assert leader.get("/account").status_code == 302


def test_nobody_disables_or_demotes_the_own_account(admin: FlaskClient, world: World) -> None:
    own = world.accounts["admin"]
    grant = db.session.scalars(select(RoleGrant).where(RoleGrant.account_id == own.id)).one()
    page = f"/accounts/{world.accounts['leader'].id}"
    for action in (f"/accounts/{own.id}/disable", f"/accounts/{own.id}/password", f"/accounts/roles/{grant.id}/revoke"):
        assert post(admin, page, action, {}).status_code == 409


def test_accounts_of_another_subdistrict_are_out_of_sight_and_reach(admin: FlaskClient, world: World) -> None:
    other = Subdistrict(code="330102012", name="邻街道")
    db.session.add(other)
    db.session.flush()
    community = Community(subdistrict_id=other.id, code="9", name="邻社区")
    db.session.add(community)
    db.session.flush()
    point = ServicePoint(community_id=community.id, name="邻点位")
    stranger = Account(username="stranger", password_hash="x", display_name="邻居")
    db.session.add_all([point, stranger])
    db.session.flush()
    foreign = RoleGrant(
        account_id=stranger.id, role=Role.POINT_LEADER, service_point_id=point.id, starts_at=clock.now()
    )
    db.session.add(foreign)
    db.session.commit()
    assert "stranger" not in admin.get("/accounts/").get_data(as_text=True)
    assert admin.get(f"/accounts/{stranger.id}").status_code == 404
    page = f"/accounts/{world.accounts['leader'].id}"
    assert post(admin, page, f"/accounts/{stranger.id}/disable", {}).status_code == 404
    assert post(admin, page, f"/accounts/roles/{foreign.id}/revoke", {}).status_code == 404
    scopes = (f"service_point:{point.id}", f"subdistrict:{other.id}", f"community:{community.id}")
    for scope in scopes:
        role = "supplies_team" if scope.startswith("sub") else "point_leader"
        answer = post(admin, "/accounts/new", "/accounts/new", wanted(world, role=role, scope=scope))
        assert answer.status_code == 422


def test_an_account_that_also_works_elsewhere_is_not_ours_to_manage(admin: FlaskClient, world: World) -> None:
    other = Subdistrict(code="330102012", name="邻街道")
    db.session.add(other)
    db.session.flush()
    leader = world.accounts["leader"]
    grant = RoleGrant(account_id=leader.id, role=Role.RUNNER, subdistrict_id=other.id, starts_at=clock.now())
    db.session.add(grant)
    db.session.commit()
    assert admin.get(f"/accounts/{leader.id}").status_code == 404
    grant.ends_at = clock.now()
    db.session.commit()
    assert admin.get(f"/accounts/{leader.id}").status_code == 200


@pytest.mark.parametrize("name", ["supplies", "leader", "captain", "runner", "auditor"])
def test_only_the_administrator_sees_accounts(app: Flask, world: World, name: str) -> None:
    assert sign_in(app, world, name).get("/accounts/").status_code == 403


def test_a_password_is_stored_under_a_hash_that_is_slow_to_try(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests hash cheaply, production with the parameters of RFC 7914 for signing in."""
    monkeypatch.setattr(service, "METHOD", PRODUCTION_METHOD)
    stored = service.hashed("correct-horse-battery")
    assert stored.startswith("scrypt:32768:8:1$")
    assert check_password_hash(stored, "correct-horse-battery")
