"""Text and marks stand out enough from their ground in both themes (WCAG 2.2 AA, 1.4.3 and 1.4.11)."""

from __future__ import annotations

import re

import pytest

from app.assets import STATIC

TEXT_ON = {
    "ink": ("paper", "surface", "sunken", "ok-soft", "todo-soft", "alarm-soft", "info-soft"),
    "ink-2": ("paper", "surface", "sunken"),
    "ink-3": ("paper", "surface", "sunken", "alarm-soft"),
    "brand": ("paper", "surface", "sunken"),
    "brand-strong": ("paper", "surface", "brand-soft"),
    "on-brand": ("brand", "brand-strong"),
    "on-alarm": ("alarm",),
    "ok": ("surface", "ok-soft"),
    "todo": ("surface", "todo-soft", "paper"),
    "alarm": ("surface", "alarm-soft", "paper"),
    "info": ("surface", "info-soft"),
    "idle": ("surface", "idle-soft"),
}
MARK_ON = {
    "line-strong": ("paper", "surface"),
    "focus": ("paper", "surface", "sunken"),
    "brand": ("brand-soft",),
    "alarm": ("surface", "brand-soft"),
}


def colours(theme: str) -> dict[str, str]:
    """Read the tokens of a theme: name without dashes in front → #rrggbb."""
    files = ["tokens.css"] if theme == "light" else ["tokens.css", "dark.css"]
    found: dict[str, str] = {}
    for name in files:
        found.update(re.findall(r"--([a-z0-9-]+):\s*(#[0-9a-f]{6});", (STATIC / "css" / name).read_text("utf-8")))
    return found


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb as WCAG defines it, 0 (black) to 1 (white)."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_black_on_white_is_twenty_one() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("least", "pairs"), [(4.5, TEXT_ON), (3.0, MARK_ON)], ids=["text", "marks"])
def test_what_must_be_seen_stands_out(theme: str, least: float, pairs: dict[str, tuple[str, ...]]) -> None:
    tokens = colours(theme)
    weak = {
        f"{front} on {ground}": round(contrast(tokens[front], tokens[ground]), 2)
        for front, grounds in pairs.items()
        for ground in grounds
        if contrast(tokens[front], tokens[ground]) < least
    }
    assert weak == {}
