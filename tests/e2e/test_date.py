"""The administrator confirms the date in a real browser after the clock was in doubt."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.core import clock, clock_trust
from app.core.db import db
from tests import messages
from tests.e2e.conftest import Site

pytestmark = pytest.mark.browser


def test_a_doubtful_date_is_confirmed_with_a_question_before_it(person: Any, site: Site) -> None:
    with site.app.app_context(), clock.shifted_by(timedelta(days=-3)):
        clock_trust.tick(is_start=True)
        db.session.remove()
    admin = person("admin")
    admin.go("/dashboard")
    admin.click("去确认日期")
    admin.sees(messages.DATE_IN_DOUBT)
    admin.press("对，今天是")
    admin.sees(messages.NOTHING_TO_CONFIRM)
    with site.app.app_context():
        assert clock_trust.current_doubt() is None
