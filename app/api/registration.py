"""All endpoints of the API, registered with an application."""

from __future__ import annotations

from flask import Flask
from flask_wtf import CSRFProtect

from app.access.tokens.idempotent import register_replays
from app.api.delivery.views import bp as delivery
from app.api.framework import PREFIX, make_api
from app.api.log.views import bp as log
from app.api.ordering.views import bp as ordering
from app.api.paper.views import bp as paper
from app.api.places.views import bp as places
from app.api.point.views import bp as point
from app.api.supplies.views import bp as supplies
from app.api.supplies.views_buying import bp as buying

BLUEPRINTS = (places, ordering, point, buying, supplies, delivery, paper, log)


def register_api(app: Flask, csrf: CSRFProtect) -> None:
    """Register the endpoints. They take no token of a form: no cookie opens them, and no browser adds their header."""
    api = make_api(app)
    register_replays(app)
    for blueprint in BLUEPRINTS:
        api.register_blueprint(blueprint, url_prefix=PREFIX)
        csrf.exempt(blueprint)
