"""The two frames that every page sits in."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import SimpleNamespace as Row

from flask import Flask

Render = Callable[..., str]
PAGE = '{% extends "base.html" %}{% block title %}统计{% endblock %}{% block content %}<h1>统计</h1>{% endblock %}'
HOME = '{% extends "base_resident.html" %}{% block content %}<h1>下单</h1>{% endblock %}'


def stages() -> list[Row]:
    return [
        Row(label="批次与订单", url="/cycles", count=12, tone="ok", active=False),
        Row(label="点位统计", url="/tally", count=3, tone="todo", active=True),
    ]


def test_the_frame_stands_without_anybody_signed_in(render: Render) -> None:
    page = render(PAGE)
    assert '<html lang="zh-CN"' in page
    assert "<h1>统计</h1>" in page
    assert "ld-drawer" not in page


def test_the_navigation_lists_the_stages_in_order_and_marks_where_one_is(render: Render) -> None:
    page = render(PAGE, navigation=stages()).split("<ol", 1)[1]
    assert page.index("批次与订单") < page.index("点位统计")
    assert 'href="/tally" aria-current="page"' in page


def test_the_first_thing_the_keyboard_reaches_leads_past_the_frame(render: Render) -> None:
    for source in (PAGE, HOME):
        body = render(source, navigation=stages()).split("<body", 1)[1]
        assert body.index('href="#main"') < body.index("<header")


def test_a_switch_of_language_keeps_the_filters_of_the_page(render: Render) -> None:
    assert 'href="?q=12-3&amp;lang=en"' in render(PAGE, path="/x?q=12-3&lang=zh")


def test_the_theme_cookie_decides_which_stylesheets_are_loaded(shell: Flask, render: Render) -> None:
    with shell.test_request_context(headers={"Cookie": "theme=light"}):
        light = shell.jinja_env.from_string(PAGE).render()
    with shell.test_request_context(headers={"Cookie": "theme=dark"}):
        dark = shell.jinja_env.from_string(PAGE).render()
    auto = render(PAGE)
    assert "dark.css" not in light
    assert "dark.css" in dark
    assert "prefers-color-scheme" not in dark
    assert 'media="(prefers-color-scheme: dark)"' in auto


def test_a_resident_who_chose_no_theme_loads_one_stylesheet(shell: Flask) -> None:
    loaded = {}
    for theme in ("", "auto", "light", "dark"):
        with shell.test_request_context(headers={"Cookie": f"theme={theme}"} if theme else {}):
            page = shell.jinja_env.from_string(HOME).render()
        loaded[theme] = re.findall(r'<link rel="stylesheet" href="[^"]*/([^/"]+)">', page)
    both = ["home.css"]
    assert loaded == {"": both, "auto": both, "light": ["home-light.css"], "dark": ["home-light.css", "dark.css"]}


def test_large_type_is_an_attribute_of_the_page(shell: Flask) -> None:
    with shell.test_request_context(headers={"Cookie": "type=large"}):
        assert 'data-type="large"' in shell.jinja_env.from_string(HOME).render()


def test_a_forged_cookie_is_only_text(shell: Flask) -> None:
    with shell.test_request_context(headers={"Cookie": 'type="><script>'}):
        assert "<script>" not in shell.jinja_env.from_string(HOME).render()


def test_a_resident_loads_our_stylesheet_and_no_htmx(render: Render) -> None:
    page = render(HOME)
    assert "htmx" not in page
    assert "home.css" in page


def test_an_error_page_names_its_number_and_what_is_stored_now(render: Render) -> None:
    page = render(
        '{% include "error.html" %}',
        status=409,
        title="现在不能这样做",
        sentence="被改过。",
        request_id="ab12",
        theirs={"份数": "3"},
    )
    assert "409" in page
    assert "ab12" in page
    assert "份数" in page


def test_a_resident_meets_an_error_in_the_frame_of_residents(render: Render) -> None:
    lost = {"status": 404, "title": "没有找到", "sentence": ""}
    for path in ("/my/cycles/9", "/enter/gone"):
        assert 'class="ld-home"' in render('{% include "error.html" %}', path=path, **lost)
    for path in ("/cycles/9", "/my-rounds"):
        assert 'class="ld-home"' not in render('{% include "error.html" %}', path=path, **lost)
