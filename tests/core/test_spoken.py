"""Days and times in the words of the people who read them."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Flask

from app.core import clock
from app.core.text.spoken import date_and_time, spoken_day, spoken_time


def test_near_days_have_names_and_others_a_date_without_the_year(app: Flask) -> None:
    noon = clock.local_instant(date(2022, 4, 3), 12)
    with app.test_request_context(), clock.frozen_at(noon):
        assert spoken_time(noon + timedelta(hours=3)) == "今天 15:00"
        assert spoken_time(noon + timedelta(days=1)) == "明天 12:00"
        assert spoken_time(noon - timedelta(days=1)) == "昨天 12:00"
        assert spoken_time(noon + timedelta(days=2)) == "4月5日 12:00"
        assert spoken_time(None) == ""
        assert spoken_day(date(2022, 4, 4)) == "明天 4月4日"
        assert spoken_day(date(2022, 4, 5)) == "4月5日 周二"
        assert date_and_time(noon).zh == "4月3日 12:00"


def test_the_day_changes_at_midnight_of_the_subdistrict(app: Flask) -> None:
    late = clock.local_instant(date(2022, 4, 3), 23)
    with app.test_request_context(), clock.frozen_at(late):
        assert spoken_time(late + timedelta(hours=2)) == "明天 01:00"
