"""A small application with nothing but the assets, to render the macros by themselves."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask, render_template_string
from flask_babel import Babel

from app.assets import TEMPLATES, register_assets

Render = Callable[..., str]


@pytest.fixture(scope="session")
def shell() -> Flask:
    """An application that has templates, language and assets, and no database."""
    app = Flask("shell", template_folder=str(TEMPLATES), static_folder=None)
    app.secret_key = "shell-" * 8
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(csrf_token=lambda: "the-token", submission_key=lambda: "the-key")
    app.jinja_env.globals.update(home_tag=str, page_address=lambda: "/the-page", help_lines_for=lambda *_where: [])
    Babel(app, default_locale="zh")
    register_assets(app)
    return app


@pytest.fixture
def render(shell: Flask) -> Render:
    """Render template source within a request; `path` is the address of that request."""

    def rendered(source: str, path: str = "/", **context: object) -> str:
        with shell.test_request_context(path):
            return render_template_string(source, **context)

    return rendered
