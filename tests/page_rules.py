"""The addresses of pages: everything but the JSON API, which has doors and tests of its own (tests/api/)."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import Rule

from app.core.errors import API_PREFIX


def page_rules(app: Flask) -> list[Rule]:
    """The rules of the application without those of the API."""
    return [rule for rule in app.url_map.iter_rules() if not rule.rule.startswith(API_PREFIX)]


def api_rules(app: Flask) -> list[Rule]:
    """The rules of the API."""
    return [rule for rule in app.url_map.iter_rules() if rule.rule.startswith(API_PREFIX)]
