"""Tries are counted per key before they are looked at, in a window that slides; a right one is given back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from app.access.models import Throttle
from app.access.service import refund_attempt, take_attempt
from app.access.throttle import LIMIT, WINDOW, ThrottleBudget, Try, place_of
from app.core import clock
from app.core.db import db
from tests import world

pytestmark = pytest.mark.usefixtures("app")
START = datetime(2022, 4, 1, 1, 0, tzinfo=UTC)


def one(*keys: str) -> Try:
    return take_attempt([ThrottleBudget(key) for key in keys])


def granted(times: int, *keys: str) -> list[bool]:
    return [one(*keys).is_granted for _ in range(times)]


def test_the_sixth_try_of_a_key_is_refused_and_none_of_another() -> None:
    assert granted(LIMIT + 1, "room:a") == [True] * LIMIT + [False]
    assert not one("address:1", "room:a").is_granted
    assert one("room:b", "address:1").is_granted


def test_a_refusal_counts_against_nobody() -> None:
    granted(LIMIT, "room:a")
    granted(20, "room:a", "address:1")
    assert granted(LIMIT + 1, "address:1") == [True] * LIMIT + [False]


def test_tries_are_forgotten_after_a_quarter_of_an_hour() -> None:
    with clock.frozen_at(START):
        granted(LIMIT, "room:a")
    with clock.frozen_at(START + timedelta(minutes=14, seconds=59)):
        assert not one("room:a").is_granted
    with clock.frozen_at(START + timedelta(minutes=15)):
        assert one("room:a").is_granted


def test_tries_of_one_instant_are_all_counted() -> None:
    with clock.frozen_at(START):
        assert granted(LIMIT + 1, "room:a") == [True] * LIMIT + [False]


def test_a_right_try_is_given_back() -> None:
    for _ in range(3 * LIMIT):
        taken = one("room:a")
        assert taken.is_granted
        refund_attempt(taken)
    assert granted(LIMIT + 1, "room:a") == [True] * LIMIT + [False]


def test_a_refused_try_that_is_given_back_frees_nothing() -> None:
    granted(LIMIT, "room:a")
    refund_attempt(one("room:a"))
    assert not one("room:a").is_granted


def test_forty_tries_at_once_are_no_more_than_five(app: Flask) -> None:
    barrier, found = Barrier(40), list[bool]()

    def guess() -> None:
        with app.app_context():
            barrier.wait()
            found.append(one("room:a").is_granted)
            db.session.remove()

    threads = [Thread(target=guess) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(found), sum(found)) == (40, LIMIT)


def test_neither_names_nor_addresses_are_stored() -> None:
    granted(1, "account:wang", "address:203.0.113.7")
    stored = "".join(db.session.scalars(select(Throttle.key)))
    assert "wang" not in stored
    assert "." not in stored
    assert len(stored) == 2 * 64


def test_the_case_of_a_name_does_not_give_more_tries() -> None:
    granted(LIMIT, "account:Wang")
    assert not one("account:wang").is_granted


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb:0:0:2", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::/64"),
        ("no address", "no address"),
        ("192.0.2.1:5678", "192.0.2.1"),
        ("[2001:db8:1:2::1]:443", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::1]", "2001:db8:1:2::/64"),
        ("[::ffff:192.0.2.1]:80", "192.0.2.1"),
    ],
)
def test_the_addresses_of_one_line_are_one_place(address: str, place: str) -> None:
    assert place_of(address) == place


def test_a_phone_that_changes_its_address_within_its_line_gets_no_new_tries(app: Flask) -> None:
    client = app.test_client()
    statuses = []
    for number in range(7):
        client.environ_base["REMOTE_ADDR"] = f"2001:db8:1:2::{number + 1:x}"
        statuses.append(world.post(client, "/sign-in", "/sign-in", {"username": "who", "password": "x"}).status_code)
    assert statuses == [422] * 5 + [429] * 2


def test_tries_that_count_no_more_are_deleted_refused_ones_too() -> None:
    with clock.frozen_at(START):
        granted(LIMIT, "room:a")
    for second in range(3):
        with clock.frozen_at(START + timedelta(seconds=second + 1)):
            assert granted(1, "room:a") == [False]
    with clock.frozen_at(START + WINDOW + timedelta(seconds=5)):
        granted(1, "room:b")
    assert db.session.scalar(select(func.count()).select_from(Throttle)) == 1


def test_a_try_does_not_read_the_whole_table_to_delete_from_it() -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("a table this small is read whole there, whatever its indexes")
    plan = db.session.execute(text("EXPLAIN QUERY PLAN DELETE FROM throttle WHERE window_start <= '2022'")).all()
    assert "ix_throttle_window_start" in str(plan)
