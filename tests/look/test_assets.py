"""The files a browser loads."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask, url_for

from app.assets import RESIDENT_SCRIPTS, STATIC, STYLESHEETS, TEMPLATES, icon_sprite, quoted_words, squeezed, stylesheet
from app.resident_files import classes_in, resident_source, resident_templates, styles_of

SCREEN_TEMPLATES = sorted(path for path in TEMPLATES.rglob("*.html") if "print" not in path.parts)
Render = Callable[..., str]
SOURCE = '<svg><symbol id="bag"><path d="M1"/></symbol><symbol id="map-fill"><path d="M2"/></symbol></svg>'


def address(shell: Flask, name: str) -> str:
    with shell.test_request_context():
        return str(shell.jinja_env.globals["asset_url"](name))  # type: ignore[operator]


@pytest.mark.parametrize(
    "name",
    ("louda.css home.css home-light.css dark.css louda.js desk.js resident.js htmx.js icons.svg mark.svg").split(),
)
def test_every_asset_is_served_for_a_year_under_its_present_address(shell: Flask, name: str) -> None:
    answer = shell.test_client().get(address(shell, name))
    assert answer.status_code == 200
    assert "immutable" in answer.headers["Cache-Control"]
    assert len(answer.data) > 100


def test_an_old_address_gets_the_present_file_but_is_not_kept(shell: Flask) -> None:
    with shell.test_request_context():
        old = url_for("assets.file", version="0" * 12, name="louda.css")
    answer = shell.test_client().get(old)
    assert answer.status_code == 200
    assert "no-cache" in answer.headers["Cache-Control"]
    assert "immutable" not in answer.headers["Cache-Control"]


@pytest.mark.parametrize("name", ["tokens.css", "..%2fassets.py", "louda.css.map"])
def test_a_name_that_is_not_an_asset_is_not_found(shell: Flask, name: str) -> None:
    assert shell.test_client().get(f"/assets/x/{name}").status_code == 404


def test_a_compressed_asset_unpacks_to_the_plain_one(shell: Flask) -> None:
    client, where = shell.test_client(), address(shell, "louda.css")
    packed = client.get(where, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert gzip.decompress(packed.data) == client.get(where).data


def test_every_stylesheet_of_the_folder_is_in_the_bundle_or_is_the_dark_theme() -> None:
    assert {path.stem for path in (STATIC / "css").glob("*.css")} == {*STYLESHEETS, "dark"}


def test_the_stylesheet_fetches_nothing_and_keeps_its_braces() -> None:
    sheet = stylesheet()
    assert "url(" not in sheet
    assert "@import" not in sheet
    assert "/*" not in sheet
    assert sheet.count("{") == sheet.count("}")


def test_the_sprite_holds_exactly_the_wanted_icons_that_exist() -> None:
    assert icon_sprite(SOURCE, ["bag", "table"]).count("<symbol") == 1
    assert 'id="bag"' in icon_sprite(SOURCE, ["bag", "table"])


def test_an_icon_named_in_any_template_is_in_the_sprite(shell: Flask) -> None:
    sprite = shell.test_client().get(address(shell, "icons.svg")).get_data(as_text=True)
    named = {
        name
        for path in SCREEN_TEMPLATES
        for name in re.findall(r"\bicon\(\s*'([^']+)'", path.read_text("utf-8"))
        + re.findall(r"sign='([^']+)'", path.read_text("utf-8"))
    }
    assert {"check-lg", "search"} <= named <= quoted_words(SCREEN_TEMPLATES)
    assert [name for name in sorted(named) if f'id="{name}"' not in sprite] == []


def test_a_resident_sees_every_icon_drawn_in_the_page(shell: Flask, render: Render) -> None:
    named = {
        name
        for path in resident_templates(TEMPLATES)
        for name in re.findall(r"\bicon\(\s*'([^']+)'", path.read_text("utf-8"))
    }
    assert {"telephone", "plus-lg"} <= named
    source = '{% from "_ui.html" import icon %}{{ icon(name) }}'
    assert [name for name in sorted(named) if '"><path ' not in render(source, path="/my", name=name)] == []
    for path in ("/my", "/my/errands", "/enter/ABC", "/privacy"):
        assert "<use" not in render(source, path=path, name="telephone"), path
    for path in ("/my-rounds", "/"):
        assert "/icons.svg#telephone" in render(source, path=path, name="telephone"), path


def home_classes(shell: Flask, name: str = "home.css") -> set[str]:
    sheet = shell.test_client().get(address(shell, name)).get_data(as_text=True)
    return set(re.findall(r"\.(ld-[a-z0-9-]+)", sheet))


def test_a_class_that_a_resident_sees_is_in_the_smaller_stylesheet(shell: Flask) -> None:
    """But for the parts of shared files that only the staff's frame uses."""
    left_out = set(re.findall(r"\.(ld-[a-z0-9-]+)", stylesheet())) - home_classes(shell)
    own = [path for path in resident_templates(TEMPLATES) if not path.name.startswith("_") or path.parent != TEMPLATES]
    used = {name for path in own for name in re.findall(r"ld-[a-z-]+", path.read_text("utf-8"))}
    scripts = [(STATIC / f"{name}.js").read_text("utf-8") for name in RESIDENT_SCRIPTS]
    used |= {name for script in scripts for name in re.findall(r"ld-[a-z-]+", script)}
    assert used & left_out == {"ld-tiles"}  # of a macro in _picking.html that only the telephone desk calls
    assert left_out >= {"ld-figure", "ld-navigation", "ld-table"}


def test_what_a_resident_may_load_instead_has_the_same_rules(shell: Flask) -> None:
    assert home_classes(shell) == home_classes(shell, "home-light.css")


CALLED = "{# old() #}{% macro old() %}ld-old{% endmacro %}{% macro new() %}ld-new{% endmacro %}"


def test_only_macros_that_a_resident_page_calls_bring_their_classes(tmp_path: Path) -> None:
    (tmp_path / "_words.html").write_text(CALLED, "utf-8")
    (tmp_path / "kept_notice.html").write_text("ld-kept", "utf-8")
    page = '{% extends "base_resident.html" %}{% from "_words.html" import new %}{{ new() }}'
    (tmp_path / "page.html").write_text(page, "utf-8")
    (tmp_path / "base_resident.html").write_text("ld-frame", "utf-8")
    assert classes_in([resident_source(tmp_path)]) == {"ld-new", "ld-kept", "ld-frame"}


@pytest.mark.parametrize(
    ("sheet", "kept"),
    [
        (".ld-a { top: 0; }", ".ld-a { top: 0; }\n"),
        (".ld-b { top: 0; }", ""),
        (".ld-a, .ld-b b { top: 0; }", ".ld-a { top: 0; }\n"),
        (".ld-a:not(.ld-b) { top: 0; }", ".ld-a:not(.ld-b) { top: 0; }\n"),
        (".ld-size-l { top: 0; }", ".ld-size-l { top: 0; }\n"),
        ("p { top: 0; }", "p { top: 0; }\n"),
        ("@media print { .ld-b { top: 0; } }", ""),
        ("@media print { .ld-a { top: 0; } .ld-b { top: 0; } }", "@media print {.ld-a { top: 0; }\n}\n"),
        ("@keyframes ld-turn { to { top: 0; } }", "@keyframes ld-turn { to { top: 0; } }\n"),
    ],
)
def test_a_rule_stays_if_one_of_its_selectors_can_match(sheet: str, kept: str) -> None:
    assert styles_of(sheet, frozenset({"ld-a", "ld-size-"})) == kept


def test_a_squeezed_stylesheet_says_the_same() -> None:
    sheet = """a, b > i { font: 1em "A B", serif; content: " "; }
@media (min-width: 2em) { p:not(.c) { margin: calc(1px - 2px) 0; } }"""
    squeezed_sheet = (
        'a,b > i{font:1em "A B",serif;content:" "}@media (min-width:2em){p:not(.c){margin:calc(1px - 2px) 0}}'
    )
    assert squeezed(sheet) == squeezed_sheet


@pytest.mark.parametrize("path", SCREEN_TEMPLATES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_a_template_holds_nothing_that_the_content_security_policy_would_block(path: object) -> None:
    source = path.read_text("utf-8")  # type: ignore[attr-defined]
    for pattern in (
        r"\sstyle\s*=",
        r"<style\b",
        r"\son(?!ly\b)[a-z]+\s*=\s*[\"']",
        r"<script(?![^>]*\bsrc=)",
        r"javascript:",
        r"\bhx-on",
    ):
        assert not re.search(pattern, source), pattern


@pytest.mark.parametrize("name", ["louda.js", "comforts.js"])
def test_the_script_keeps_to_the_syntax_of_old_browsers(name: str) -> None:
    script = (STATIC / name).read_text("utf-8")
    for pattern in (
        r"\?\.",
        r"\?\?",
        r"\|\|=",
        r"&&=",
        r"\.replaceAll\(",
        r"\.at\(",
        r"\.flat\(",
        r"\beval\b",
        r"innerHTML",
    ):
        assert not re.search(pattern, script), pattern
