"""Days and times as people say them to each other: 今天 15:00, 明天, 4月3日 周日."""

from __future__ import annotations

from datetime import date, datetime

from flask_babel import gettext as _

from app.core import clock
from app.core.sentences import N_, Sentence, sentence

WEEKDAYS = (N_("周一"), N_("周二"), N_("周三"), N_("周四"), N_("周五"), N_("周六"), N_("周日"))
NEAR = {-1: N_("昨天"), 0: N_("今天"), 1: N_("明天")}


def date_and_time(instant: datetime) -> Sentence:
    """ "4月3日 15:00" on the subdistrict's clock, whenever it is read."""
    wall = clock.to_local(instant)
    return sentence(N_("%(m)s月%(d)s日 %(t)s"), m=wall.month, d=wall.day, t=f"{wall:%H:%M}")


def spoken_time(instant: datetime | None) -> str:
    """ "今天 15:00", "明天 15:00" or "4月3日 15:00", as seen today; empty for none."""
    if instant is None:
        return ""
    wall = clock.to_local(instant)
    word = NEAR.get((wall.date() - clock.today()).days)
    return f"{_(word)} {wall:%H:%M}" if word else str(date_and_time(instant))


def spoken_day(day: date) -> str:
    """ "明天 4月3日" or "4月5日 周二", as seen today."""
    calendar = _("%(m)s月%(d)s日", m=day.month, d=day.day)
    word = NEAR.get((day - clock.today()).days)
    if word:
        return str(_("%(word)s %(day)s", word=_(word), day=calendar))
    return f"{calendar} {_(WEEKDAYS[day.weekday()])}"
