"""Tries are counted per key, in a window that slides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.access.models import Throttle
from app.access.throttle import LIMIT, count_failure, failures, is_blocked
from app.core import clock
from app.core.db import db

pytestmark = pytest.mark.usefixtures("app")
START = datetime(2022, 4, 1, 1, 0, tzinfo=UTC)


def fail(times: int, *keys: str) -> None:
    for _ in range(times):
        count_failure(keys)


def test_the_fifth_failure_blocks_its_key_and_no_other() -> None:
    fail(LIMIT - 1, "account:a")
    assert not is_blocked(["account:a"])
    fail(1, "account:a")
    assert is_blocked(["address:1", "account:a"])
    assert not is_blocked(["account:b", "address:1"])


def test_failures_are_forgotten_after_a_quarter_of_an_hour() -> None:
    with clock.frozen_at(START):
        fail(LIMIT, "account:a")
    with clock.frozen_at(START + timedelta(minutes=14, seconds=59)):
        assert is_blocked(["account:a"])
    with clock.frozen_at(START + timedelta(minutes=15)):
        assert not is_blocked(["account:a"])
        assert failures("account:a") == 0


def test_failures_of_one_instant_are_all_counted() -> None:
    with clock.frozen_at(START):
        fail(3, "address:1", "account:a")
        assert failures("address:1") == failures("account:a") == 3


def test_neither_names_nor_addresses_are_stored() -> None:
    fail(1, "account:wang", "address:203.0.113.7")
    stored = "".join(db.session.scalars(select(Throttle.key)))
    assert "wang" not in stored
    assert "." not in stored
    assert len(stored) == 2 * 64


def test_the_case_of_a_name_does_not_give_more_tries() -> None:
    fail(LIMIT, "account:Wang")
    assert is_blocked(["account:wang"])


def test_old_failures_are_deleted(app: Flask) -> None:
    with clock.frozen_at(START):
        fail(2, "account:a")
    with clock.frozen_at(START + timedelta(days=2)):
        fail(1, "account:b")
    assert len(list(db.session.scalars(select(Throttle.key)))) == 1
