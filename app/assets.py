"""The files a browser loads: one stylesheet, one script, htmx, the Bootstrap floor, an icon sprite.

Everything is read once when the application starts and served from memory under ``/assets/<digest>/<name>``. The
names are a fixed dictionary, so no path of the disk can be asked for, and the digest of all contents is part of the
address, so a browser may keep each file for a year and still sees the next version at once.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, request, url_for
from flask_babel import get_locale

from app.access.guard import public

STATIC = Path(__file__).resolve().parent / "static"
TEMPLATES = STATIC.parent.parent / "templates"

# Order is the cascade: tokens, then plain elements, then what is built of them.
STYLESHEETS = (
    "tokens", "floor", "base", "layout", "menus", "forms", "buttons", "tables", "components", "flow", "charts",
    "desk", "resident", "field",
)  # fmt: skip

RESIDENT_SCRIPTS = ("ground", "outbox", "shelf", "page")  # the first is the ground of the others

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_QUOTED = re.compile(r"""['"]([a-z0-9]+(?:-[a-z0-9]+)*)['"]""")
_REMARK = re.compile(r"^ *//[^\n]*\n", re.MULTILINE)  # whole lines only: an address in a string holds // too
_INDENT = re.compile(r"^ +", re.MULTILINE)
_BLANK = re.compile(r"\n\s*")


@dataclass(frozen=True)
class Asset:
    """One file in memory: its bytes, what the browser is told it is, and the same bytes compressed once for all."""

    body: bytes
    mimetype: str
    compressed: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "compressed", gzip.compress(self.body, mtime=0))


def stylesheet() -> str:
    """Join the project's stylesheets in cascade order, without comments and indentation."""
    parts = [(STATIC / "css" / f"{name}.css").read_text("utf-8") for name in STYLESHEETS]
    return _BLANK.sub("\n", _COMMENT.sub("", "\n".join(parts))).strip() + "\n"


def resident_script() -> str:
    """Join the scripts of the resident's pages: one request instead of four, which a slow phone feels."""
    parts = [(STATIC / "resident" / f"{name}.js").read_text("utf-8") for name in RESIDENT_SCRIPTS]
    return _INDENT.sub("", _REMARK.sub("", "\n".join(parts)))


def icon_sprite(source: str, wanted: Iterable[str]) -> str:
    """Cut the symbols that are wanted out of the whole Bootstrap icon file (1.1 MB to some 40 KB).

    A wanted word that is no icon is left out, so every quoted word of the templates may be offered.
    """
    found = re.finditer(r'<symbol[^>]*\bid="([^"]+)".*?</symbol>', source, re.DOTALL)
    symbols = {symbol[1]: symbol[0] for symbol in found}
    kept = sorted(set(wanted) & set(symbols))
    return '<svg xmlns="http://www.w3.org/2000/svg">' + "".join(symbols[name] for name in kept) + "</svg>\n"


def quoted_words(folder: Path) -> set[str]:
    """Every quoted word in the templates of a folder that could be the name of an icon."""
    words: set[str] = set()
    for template in folder.rglob("*.html"):
        words.update(_QUOTED.findall(template.read_text("utf-8")))
    return words


def load_assets() -> dict[str, Asset]:
    """Read every file that pages may ask for, by public name."""
    floor = files("flask_bootstrap") / "static" / "bootstrap5"
    icons = icon_sprite((floor / "icons" / "bootstrap-icons.svg").read_text("utf-8"), quoted_words(TEMPLATES))
    htmx = files("js_lib_htmx") / "static" / "htmx" / "htmx.min.js"
    # The map file is not served, so its reference would only be a 404 in the browser's log.
    bootstrap = _COMMENT.sub("", (floor / "css" / "bootstrap.min.css").read_text("utf-8"))
    return {
        "bootstrap.css": Asset(bootstrap.encode(), "text/css"),
        "louda.css": Asset(stylesheet().encode(), "text/css"),
        "dark.css": Asset((STATIC / "css" / "dark.css").read_bytes(), "text/css"),
        "louda.js": Asset((STATIC / "louda.js").read_bytes(), "text/javascript"),
        "desk.js": Asset((STATIC / "desk.js").read_bytes(), "text/javascript"),
        "resident.js": Asset(resident_script().encode(), "text/javascript"),
        "htmx.js": Asset(htmx.read_bytes(), "text/javascript"),
        "icons.svg": Asset(icons.encode(), "image/svg+xml"),
        "mark.svg": Asset((STATIC / "mark.svg").read_bytes(), "image/svg+xml"),
    }


def digest_of(assets: Mapping[str, Asset]) -> str:
    """Return twelve hexadecimal digits that change when any file changes."""
    total = hashlib.sha256()
    for name in sorted(assets):
        total.update(name.encode() + b"\0" + assets[name].body)
    return total.hexdigest()[:12]


def page_language() -> str:
    """Return the BCP 47 tag of the language the page is written in, for ``<html lang>``."""
    locale = get_locale()
    return "en" if locale is not None and locale.language == "en" else "zh-CN"


def register_assets(app: Flask) -> None:
    """Serve the files above and give templates ``asset_url(name)`` and ``page_language()``.

    The only endpoint is ``assets.file``; it is public, changes nothing and shows nothing of any person.
    """
    assets = load_assets()
    digest = digest_of(assets)

    @public
    def file(version: str, name: str) -> Response:
        asset = assets.get(name)
        if asset is None:
            abort(404)
        return _answer(asset, is_current=version == digest)

    def asset_url(name: str) -> str:
        return url_for("assets.file", version=digest, name=name)

    blueprint = Blueprint("assets", __name__)
    blueprint.add_url_rule("/assets/<version>/<name>", "file", file, methods=["GET"])
    app.register_blueprint(blueprint)
    app.jinja_env.globals["asset_url"] = asset_url
    app.jinja_env.globals["page_language"] = page_language


def _answer(asset: Asset, is_current: bool) -> Response:
    packed = request.accept_encodings.quality("gzip") > 0
    response = Response(asset.compressed if packed else asset.body, mimetype=asset.mimetype)
    response.vary.add("Accept-Encoding")
    if packed:
        response.content_encoding = "gzip"
    response.cache_control.public = True
    if is_current:
        response.cache_control.max_age = 31_536_000
        response.cache_control.immutable = True
    else:
        # A page left open since before an update asks for an old address: it gets today's file, for now only.
        response.cache_control.no_cache = True
    return response
