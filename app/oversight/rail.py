"""The left rail: the stages of the loop in order, for the cycle that the page is about."""

from __future__ import annotations

from typing import Any


def for_template() -> dict[str, Any]:
    """What every page's frame needs: rail, actor, cycle choice."""
    return {}
