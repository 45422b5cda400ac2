"""From a sheet context to HTML: one closed Jinja environment, autoescape always on."""

from functools import cache
from pathlib import Path
from typing import Any

from flask import has_app_context
from flask_babel import gettext as _translate
from flask_babel import ngettext as _translate_plural
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.printing.qr import qr_url
from app.printing.sheets.base import Printout

_TEMPLATES = Path(__file__).resolve().parents[2] / "templates"


def yuan(fen: int) -> str:
    """Return integer fen as yuan with two decimals: -1205 is -12.05."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def kilograms(grams: int) -> str:
    """Return integer grams as kilograms rounded up to a tenth, as a carrier wants to know it."""
    tenths = -(-grams // 100)
    return f"{tenths // 10}.{tenths % 10}"


def _gettext(message: str) -> str:
    return _translate(message) if has_app_context() else message


def _ngettext(one: str, many: str, number: int) -> str:
    return _translate_plural(one, many, number) if has_app_context() else many


@cache
def environment() -> Environment:
    """Return the environment of the print templates; contexts and pure filters only."""
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    translations: Any = made
    translations.install_gettext_callables(_gettext, _ngettext, newstyle=True)
    made.filters.update(yuan=yuan, kg=kilograms, qr_url=qr_url)
    return made


def html_of(printout: Printout) -> str:
    """Return the HTML of one stamped sheet; every value is escaped text."""
    template = environment().get_template(printout.sheet.template)
    return template.render(sheet=printout.sheet, head=printout.sheet.head, stamp=printout.stamp)
