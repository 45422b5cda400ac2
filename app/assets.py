"""The files a browser loads: one stylesheet, one script, htmx, an icon sprite; for residents the parts that they need
of stylesheet and script, with the icons drawn in the page.

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
from markupsafe import Markup

from app.access.guard import public
from app.resident_files import classes_in, resident_source, resident_templates, styles_of

STATIC = Path(__file__).resolve().parent / "static"
TEMPLATES = STATIC.parent.parent / "templates"

# Order is the cascade: tokens, then browsers evened out, then plain elements, then what is built of them.
STYLESHEETS = (
    "tokens", "reset", "base", "layout", "menus", "forms", "buttons", "tables", "components", "flow", "charts",
    "desk", "resident", "field",
)  # fmt: skip
STAFF_ONLY = frozenset({"layout", "menus", "tables", "charts", "desk", "field"})  # a resident's page needs none of them

# The first is the ground of the others; the last is shared with the staff's pages.
RESIDENT_SCRIPTS = ("resident/ground", "resident/outbox", "resident/shelf", "resident/page", "comforts")

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_QUOTED = re.compile(r"""['"]([a-z0-9]+(?:-[a-z0-9]+)*)['"]""")
_REMARK = re.compile(r"^ *//[^\n]*\n", re.MULTILINE)  # whole lines only: an address in a string holds // too
_INDENT = re.compile(r"^ +", re.MULTILINE)
_BLANK = re.compile(r"\n\s*")
_CSS_BLANK = re.compile(r"\s*([{};,])\s*")
_AFTER_COLON = re.compile(r":\s+")


@dataclass(frozen=True)
class Asset:
    """One file in memory: its bytes, what the browser is told it is, and the same bytes compressed once for all."""

    body: bytes
    mimetype: str
    compressed: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "compressed", gzip.compress(self.body, mtime=0))


def stylesheet(names: Iterable[str] = STYLESHEETS) -> str:
    """Join stylesheets of the project, named in cascade order, without comments and indentation."""
    parts = [(STATIC / "css" / f"{name}.css").read_text("utf-8") for name in names]
    return _BLANK.sub("\n", _COMMENT.sub("", "\n".join(parts))).strip() + "\n"


def squeezed(sheet: str) -> str:
    """A stylesheet without the blanks that only people need."""
    text = _COMMENT.sub("", sheet)
    return _CSS_BLANK.sub(r"\1", _AFTER_COLON.sub(":", text)).replace(";}", "}").strip()


def script(*paths: Path) -> str:
    """Join scripts, without remarks and indentation: one request instead of four, which a slow phone feels."""
    return _INDENT.sub("", _REMARK.sub("", "\n".join(path.read_text("utf-8") for path in paths)))


def icon_sprite(source: str, wanted: Iterable[str]) -> str:
    """Cut the symbols that are wanted out of the whole Bootstrap icon file (1.1 MB to some 40 KB).

    A wanted word that is no icon is left out, so every quoted word of the templates may be offered.
    """
    found = re.finditer(r'<symbol[^>]*\bid="([^"]+)".*?</symbol>', source, re.DOTALL)
    symbols = {symbol[1]: symbol[0] for symbol in found}
    kept = sorted(set(wanted) & set(symbols))
    return '<svg xmlns="http://www.w3.org/2000/svg">' + "".join(symbols[name] for name in kept) + "</svg>\n"


def quoted_words(templates: Iterable[Path]) -> set[str]:
    """Every quoted word in templates that could be the name of an icon."""
    words: set[str] = set()
    for template in templates:
        words.update(_QUOTED.findall(template.read_text("utf-8")))
    return words


def icon_drawings(source: str, wanted: Iterable[str]) -> dict[str, str]:
    """Icon name → what is inside its symbol, to be drawn in a page itself."""
    kept = re.finditer(r'<symbol[^>]*\bid="([^"]+)"[^>]*>(.*?)</symbol>', icon_sprite(source, wanted), re.DOTALL)
    return {symbol[1]: symbol[2] for symbol in kept}


def resident_stylesheet() -> str:
    """The rules that a resident's page can need."""
    scripts = [path.read_text("utf-8") for path in _resident_scripts()]
    everything = stylesheet(name for name in STYLESHEETS if name not in STAFF_ONLY)
    return squeezed(styles_of(everything, classes_in([resident_source(TEMPLATES), *scripts])))


def _resident_scripts() -> list[Path]:
    return [STATIC / f"{name}.js" for name in RESIDENT_SCRIPTS]


def _bootstrap_icons() -> str:
    return (files("flask_bootstrap") / "static" / "bootstrap5" / "icons" / "bootstrap-icons.svg").read_text("utf-8")


def load_assets() -> dict[str, Asset]:
    """Read every file that pages may ask for, by public name."""
    icons = icon_sprite(_bootstrap_icons(), quoted_words(TEMPLATES.rglob("*.html")))
    htmx = files("js_lib_htmx") / "static" / "htmx" / "htmx.min.js"
    home, dark = resident_stylesheet(), squeezed((STATIC / "css" / "dark.css").read_text("utf-8"))
    return {
        "louda.css": Asset(squeezed(stylesheet()).encode(), "text/css"),
        # Most residents never choose a theme: theirs is one file with both, the other two are for those who did.
        "home.css": Asset(f"{home}@media (prefers-color-scheme:dark){{{dark}}}".encode(), "text/css"),
        "home-light.css": Asset(home.encode(), "text/css"),
        "dark.css": Asset(dark.encode(), "text/css"),
        "louda.js": Asset(script(STATIC / "comforts.js", STATIC / "louda.js").encode(), "text/javascript"),
        "desk.js": Asset(script(STATIC / "desk.js").encode(), "text/javascript"),
        "resident.js": Asset(script(*_resident_scripts()).encode(), "text/javascript"),
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


def is_resident_page() -> bool:
    """Whether the address asked for is one of the resident's pages: their frame, and their smaller files."""
    return request.path in ("/my", "/privacy") or request.path.startswith(("/my/", "/enter"))


def page_language() -> str:
    """Return the BCP 47 tag of the language the page is written in, for ``<html lang>``."""
    locale = get_locale()
    return "en" if locale is not None and locale.language == "en" else "zh-CN"


def register_assets(app: Flask) -> None:
    """Serve the files above and give templates ``asset_url(name)``, ``icon_drawing(name)``, ``is_resident_page()``,
    ``page_language()`` and ``fixed_part(template)``.

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

    urls: dict[tuple[str, str], str] = {}

    def asset_url(name: str) -> str:
        key = request.script_root, name
        if key not in urls:
            urls[key] = url_for("assets.file", version=digest, name=name)
        return urls[key]

    parts: dict[tuple[str, str], Markup] = {}

    def fixed_part(template: str) -> Markup:
        """A part of a page that says the same to everybody: made once for each language."""
        key = template, page_language()
        if key not in parts or app.jinja_env.auto_reload:
            parts[key] = Markup(app.jinja_env.get_template(template).render())  # noqa: S704 - a template of ours
        return parts[key]

    drawings = icon_drawings(_bootstrap_icons(), quoted_words(resident_templates(TEMPLATES)))

    def icon_drawing(name: str) -> Markup:
        """An icon in a resident's page itself: three of them weigh less than the head of one more answer."""
        return Markup(drawings.get(name, ""))  # noqa: S704 - drawings of a package, names only from templates

    blueprint = Blueprint("assets", __name__)
    blueprint.add_url_rule("/assets/<version>/<name>", "file", file, methods=["GET"])
    app.register_blueprint(blueprint)
    app.jinja_env.globals.update(
        asset_url=asset_url,
        icon_drawing=icon_drawing,
        is_resident_page=is_resident_page,
        page_language=page_language,
        fixed_part=fixed_part,
    )


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
