"""Put the application together: settings, database, guard, language, pages."""

from __future__ import annotations

from importlib import import_module
from urllib.parse import urlencode

from babel.support import NullTranslations
from flask import Flask, has_request_context, redirect, request
from flask_babel import Babel, Domain, get_locale
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, Map
from werkzeug.wrappers import Response

from app import cli, models
from app.access import landing
from app.access.forms import kept_page, outcome
from app.access.guard import register_forms, register_guard
from app.access.http import headers
from app.access.http.gate import RequestGate
from app.access.http.request_figures import watch_requests
from app.access.page_registry import register_slices
from app.access.views import HEALTH
from app.api.registration import register_api
from app.assets import register_assets
from app.core import clock, jobs, units
from app.core.database.engines import limit_idle, prepare_engine
from app.core.db import db
from app.core.errors import is_api_request, register_error_pages
from app.core.text import spoken
from app.settings import ROOT, Settings
from app.upkeep import translations
from app.upkeep.serving import health, log_lines

LANGUAGES = ("zh", "en")
MAX_UPLOAD_BYTES = 6 * 1024 * 1024  # an upload is 5 MB at most; the form around it is not
PREFERENCES = {"lang": LANGUAGES, "theme": ("auto", "light", "dark"), "type": ("normal", "large")}

# Slices that show pages, in order of the loop: `pages.py` of each says which.
SLICES_WITH_PAGES = (
    "access",
    "places",
    "catalog",
    "ordering",
    "errands",
    "intake",
    "tally",
    "purchasing",
    "stock",
    "allocation",
    "picking",
    "dispatch",
    "handover",
    "settlement",
    "printing",
    "oversight",
    "api",
)
# Modules whose job handlers the worker runs; imported when the first job is run, never by a page.
JOB_MODULES = (
    "app.ordering.packs.jobs",
    "app.intake.booking.jobs",
    "app.allocation.jobs",
    "app.picking.jobs",
    "app.dispatch.planning.jobs",
    "app.handover.confirmation.service",
    "app.settlement.jobs",
    "app.oversight.reconcile.service",
    "app.oversight.purge.service",
    "app.printing.centre.jobs",
    "app.printing.centre.kit",
)


class RowId(IntegerConverter):
    """A row's id in a path: what no database column can hold is an unknown address, not an error."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=2**31 - 1)


class Catalogues(Domain):  # type: ignore[misc]
    """The catalogues of the languages, found by the language alone.

    The class above writes out the name of the locale at each sentence to find its catalogue by, and a page has fifty.
    """

    def __init__(self) -> None:
        super().__init__()
        self._of_language: dict[str, NullTranslations] = {}

    def get_translations(self) -> NullTranslations:
        language = getattr(get_locale(), "language", "")  # without an application there is no locale, and none is kept
        if language in self._of_language:
            return self._of_language[language]
        found: NullTranslations = super().get_translations()
        return self._of_language.setdefault(language, found) if language else found


class UnsafeSettings(RuntimeError):
    """The installation must not start like this; each line says why."""


def create_app(settings: Settings | None = None) -> Flask:
    """Make the WSGI application. Raises UnsafeSettings where `Settings.problems()` names any."""
    settings = settings or Settings.from_env()
    problems = settings.problems()
    if problems:
        raise UnsafeSettings("\n".join(problems))
    log_lines.write_lines(settings)
    app = Flask("app", root_path=str(ROOT / "app"), template_folder=str(ROOT / "templates"), static_folder=None)
    app.config.from_mapping(_config(settings))
    app.url_map.converters["int"] = RowId
    app.extensions["louda_settings"] = settings
    app.extensions[jobs.MODULES_KEY] = JOB_MODULES
    app.extensions[HEALTH] = lambda: health.examine(settings, db.engine).body()
    app.wsgi_app = RequestGate(  # type: ignore[method-assign]
        app.wsgi_app, settings.trusted_hosts, headers.headers_of(settings), app.logger
    )
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)
        limit_idle(db.engine)
    watch_requests(app)
    register_error_pages(app, kept_page.refused_page, kept_page.typed_text_of_request)
    _register_preferences(app)
    register_guard(app)
    register_forms(app)
    csrf = CSRFProtect(app)
    headers.register_headers(app, settings)
    kept_page.register_kept_pages(app)
    outcome.register_json_answers(app)
    translations.ensure_compiled()
    Babel(app, locale_selector=_locale).domain_instance = Catalogues()
    register_assets(app)
    _register_templates(app)
    register_slices(app, (import_module(f"app.{name}.pages").PAGES for name in SLICES_WITH_PAGES))
    register_api(app, csrf)
    cli.attach(app)
    return app


def _config(settings: Settings) -> dict[str, object]:
    return {
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SESSION_COOKIE_NAME": settings.cookie_name("louda"),
        "SESSION_COOKIE_SECURE": settings.is_secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "MAX_CONTENT_LENGTH": MAX_UPLOAD_BYTES,
        "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
        "MAX_FORM_PARTS": 5000,
        "TRUSTED_HOSTS": list(settings.trusted_hosts) or None,
        "BABEL_DEFAULT_LOCALE": "zh",
        "BABEL_DEFAULT_TIMEZONE": clock.LOCAL.key,
        "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "app" / "translations"),
        "WTF_CSRF_TIME_LIMIT": None,  # a page left open for a day must still be able to send its form
        "WTF_CSRF_SSL_STRICT": False,  # we send no referrer; SameSite and the token stand in for it
    }


def _locale() -> str:
    if not has_request_context():  # a job or the command line
        return "zh"
    if is_api_request():
        return request.accept_languages.best_match(LANGUAGES) or "zh"
    return request.cookies.get("lang", "zh") if request.cookies.get("lang") in LANGUAGES else "zh"


def _register_preferences(app: Flask) -> None:
    """`?lang=en`, `?theme=dark`, `?type=large` on any page: remember it in a cookie and show the page again."""

    @app.before_request
    def remember() -> Response | None:
        if request.method != "GET" or is_api_request():
            return None
        chosen = {
            name: request.args[name] for name, allowed in PREFERENCES.items() if request.args.get(name) in allowed
        }
        if not chosen:
            return None
        rest = urlencode([(name, value) for name, value in request.args.items(multi=True) if name not in chosen])
        path = "/" + request.path.lstrip("/")  # "//host" would lead away from here
        response = redirect(f"{path}?{rest}" if rest else path)
        for name, value in chosen.items():
            secure = bool(app.config["SESSION_COOKIE_SECURE"])
            response.set_cookie(name, value, max_age=31_536_000, samesite="Lax", secure=secure, httponly=True)
        return response


def _register_templates(app: Flask) -> None:
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        yuan=units.yuan,
        kg=units.kilograms,
        litres=units.litres,
        clock_time=units.clock_time,
        date_time=units.date_time,
        spoken=spoken.spoken_time,
        spoken_day=spoken.spoken_day,
        hours_minutes=units.minutes,
    )
    app.jinja_env.globals.update(now=clock.now, get_locale=get_locale)
    asked = import_module("app.tally.moving.queries").buildings_to_ask_about
    app.extensions[import_module("app.places.buildings.moves").WITH_ORDERS] = asked
    app.context_processor(import_module("app.oversight.navigation").for_template)
    app.extensions[landing.EXTENSION] = import_module("app.oversight.landing").for_staff


__all__ = ["LANGUAGES", "UnsafeSettings", "create_app", "models"]
