"""A page's forms are read as a browser sends them."""

from __future__ import annotations

from tests.drills.page_forms import Button, read_page

PAGE = """
<form method="post" action="/a">
  <input type="hidden" name="_key" value="k"><input name="seen" value="7"><input name="off" value="x" disabled>
  <input type="checkbox" name="tick" value="1"><input type="checkbox" name="ticked" value="2" checked>
  <select name="place"><option value="">—</option><option value="3">A</option></select>
  <select name="chosen"><option value="1">A</option><option value="2" selected>B</option></select>
  <textarea name="why" required>
</textarea>
  <button type="submit" name="step" value="save">保 存</button>
  <button type="submit" formaction="/b">另 一个</button><button type="button">不发</button>
</form>
<form action="/find"><input name="q" value="青菜"><button>找</button></form>
<a href="/next">x</a>
"""


def test_a_form_sends_what_it_shows_and_nothing_else() -> None:
    page = read_page("/here", PAGE)
    form, search = page.forms
    assert [button.label for button in form.buttons] == ["保存", "另一个"]
    assert form.buttons[1].action == "/b"
    fields, was_filled = form.sent(form.buttons[0])
    assert fields == [
        ("_key", "k"), ("seen", "7"), ("ticked", "2"), ("place", ""), ("chosen", "2"), ("why", "测试"),
        ("step", "save"),
    ]  # fmt: skip
    assert was_filled  # the page wants a reason and shows none
    assert (search.is_post, search.sent(Button())) == (False, ([("q", "青菜")], False))
    assert page.links == ["/next"]
