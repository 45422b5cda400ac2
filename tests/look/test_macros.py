"""What the macros promise to the pages that use them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

Render = Callable[..., str]
FORM = (
    '{% from "_form.html" import form_open, field, checkbox, radios, stepper, inline_action, select, error_summary %}'
)
TABLE = '{% from "_table.html" import data_table, td, pagination, filter_bar %}'
UI = '{% from "_ui.html" import job_panel, job_refresh, progress, badge %}'
HOSTILE = '"><script>alert(1)</script>'


@dataclass
class Bound:
    """A form that came back with one wrong field."""

    typed: dict[str, str] = field(default_factory=lambda: {"phone": "138", "how": "door"})
    wrong: dict[str, list[str]] = field(default_factory=lambda: {"phone": ["电话要 11 位数字。"]})
    is_bound: bool = True

    def value(self, name: str, default: object = "") -> object:
        return self.typed.get(name, default)

    def values(self, name: str) -> list[str]:
        return [self.typed[name]] if name in self.typed else []

    def errors_for(self, name: str) -> list[str]:
        return self.wrong.get(name, [])

    @property
    def problems(self) -> list[tuple[str, str]]:
        return [(name, text) for name, texts in self.wrong.items() for text in texts]


@dataclass
class Job:
    state: str
    id: int = 7
    progress_done: int = 3
    progress_total: int = 10
    message: str = ""
    error: str = ""


@dataclass
class Page:
    page: int
    pages: int
    total: int = 90

    def url_for(self, number: int) -> str:
        return f"?page={number}"


def test_a_post_form_carries_the_token_and_the_submission_key(render: Render) -> None:
    page = render(FORM + "{{ form_open('/save') }}")
    assert 'name="csrf_token" value="the-token"' in page
    assert 'name="_key" value="the-key"' in page


def test_a_get_form_carries_neither(render: Render) -> None:
    page = render(FORM + "{{ form_open('/find', method='get') }}")
    assert "the-token" not in page
    assert "the-key" not in page


def test_a_wrong_field_keeps_what_was_typed_and_is_tied_to_its_sentence(render: Render) -> None:
    page = render(FORM + "{{ field(form, 'phone', '电话', hint='手机') }}", form=Bound())
    assert 'value="138"' in page
    assert 'aria-invalid="true"' in page
    assert 'aria-describedby="f-phone-hint f-phone-error"' in page
    assert 'id="f-phone-error">电话要 11 位数字。' in page


def test_the_summary_leads_to_each_wrong_field(render: Render) -> None:
    page = render(FORM + "{{ error_summary(form) }}", form=Bound())
    assert 'role="alert"' in page
    assert '<a href="#f-phone">电话要 11 位数字。</a>' in page


def test_a_form_without_problems_has_no_summary(render: Render) -> None:
    assert "role" not in render(FORM + "{{ error_summary(form) }}{{ error_summary(none) }}", form=Bound(wrong={}))


def test_a_password_is_never_written_back(render: Render) -> None:
    form = Bound(typed={"secret": "hunter22222"})
    assert "hunter22222" not in render(FORM + "{{ field(form, 'secret', '密码', type='password') }}", form=form)


def test_what_is_typed_is_shown_literally(render: Render) -> None:
    page = render(
        FORM
        + "{{ field(form, 'phone', '电话') }}{{ stepper(form, 'phone', name) }}"
        + "{{ inline_action('/x', name, confirm=name) }}",
        form=Bound(typed={"phone": HOSTILE}),
        name=HOSTILE,
    )
    assert "<script>" not in page


def test_a_choice_that_was_made_stays_made(render: Render) -> None:
    page = render(
        FORM
        + "{{ radios(form, 'how', '送法', [('door', '到门'), ('gate', '到楼')]) }}"
        + "{{ checkbox(form, 'sub', '可替代', default=true) }}",
        form=Bound(),
    )
    assert page.count("checked") == 1
    assert 'value="door" checked' in page


def test_a_stepper_works_as_a_number_field_and_hides_its_buttons_until_there_is_script(render: Render) -> None:
    page = render(FORM + "{{ stepper(none, 'qty', '青菜', 0, 5, 2) }}")
    assert 'type="number"' in page
    assert 'min="0"' in page
    assert 'max="5"' in page
    assert page.count(" hidden ") == 2


def test_an_action_that_must_be_confirmed_takes_two_steps_without_script(render: Render) -> None:
    page = render(FORM + "{{ inline_action('/void', '作废', {'row': 3}, confirm='不能恢复。') }}")
    assert page.index("<summary") < page.index("不能恢复。") < page.index('action="/void"')
    assert 'name="row" value="3"' in page


def test_a_table_marks_numbers_rows_and_totals(render: Render) -> None:
    page = render(
        TABLE + "{{ data_table(['楼栋', {'label': '份数', 'num': true}], rows, totals=['合计', 5]) }}",
        rows=[["2号楼", 5], {"cells": ["10号楼", 0], "tone": "alarm"}],
    )
    assert '<tr class="is-alarm">' in page
    assert "<tfoot>" in page
    assert page.count('scope="row"') == 3
    assert 'class="is-num is-zero"' in page


def test_an_empty_table_says_so(render: Render) -> None:
    page = render(TABLE + "{{ data_table(['楼栋'], [], empty='还没有楼栋') }}")
    assert "还没有楼栋" in page
    assert "<table" not in page


def test_a_sort_link_keeps_the_filters_turns_round_and_starts_at_page_one(render: Render) -> None:
    source = TABLE + "{{ data_table([{'label': '户数', 'num': true, 'sort': 'n'}], [[1]], sort=sort) }}"
    page = render(source, path="/x?zone=b&page=4&sort=n", sort={"key": "n", "dir": "asc"})
    assert 'href="?zone=b&amp;sort=-n"' in page
    assert 'aria-sort="ascending"' in page


def test_pages_name_the_present_one_and_only_lead_where_there_is_one(render: Render) -> None:
    page = render(TABLE + "{{ pagination(page) }}", page=Page(1, 9))
    assert '<span aria-current="page">1</span>' in page
    assert 'href="?page=0"' not in page
    assert 'href="?page=9"' in page


def test_a_running_job_polls_and_a_finished_one_does_not(render: Render) -> None:
    source = UI + "{{ job_refresh(job) }}{% call job_panel(job, '/jobs/7') %}下载{% endcall %}"
    running, done = render(source, job=Job("running")), render(source, job=Job("succeeded"))
    assert 'hx-get="/jobs/7"' in running
    assert "http-equiv" in running
    assert "下载" not in running
    assert "hx-get" not in done
    assert "http-equiv" not in done
    assert "下载" in done


def test_a_failed_job_says_why(render: Render) -> None:
    page = render(UI + "{{ job_panel(job) }}", job=Job("failed", error="数量不符"))
    assert "数量不符" in page
    assert "hx-get" not in page
