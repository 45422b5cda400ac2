"""How integers are shown: money in fen, weight in grams, volume in millilitres, time in seconds."""

from __future__ import annotations

from datetime import datetime

from app.core import clock


def yuan(fen: int) -> str:
    """1250 → "12.50"; negative amounts keep their sign."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def kilograms(grams: int) -> str:
    """12340 → "12.3"."""
    return f"{(grams + 50) // 100 / 10:.1f}"


def litres(millilitres: int) -> str:
    """1500 → "1.5"."""
    return f"{(millilitres + 50) // 100 / 10:.1f}"


def clock_time(instant: datetime | None) -> str:
    """An instant as "14:05" on the subdistrict's clock; empty for none."""
    return clock.to_local(instant).strftime("%H:%M") if instant else ""


def date_time(instant: datetime | None) -> str:
    """An instant as "2022-04-01 14:05" on the subdistrict's clock; empty for none."""
    return clock.to_local(instant).strftime("%Y-%m-%d %H:%M") if instant else ""


def minutes(seconds: int) -> str:
    """5400 → "1:30" (hours:minutes)."""
    return f"{seconds // 3600}:{seconds % 3600 // 60:02d}"
