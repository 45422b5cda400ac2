"""A person with a mouse: opens a page in headless Chromium and presses one control of it as people do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.chromium import find
from tests.drills.page_forms import PLAUSIBLE, WORDS

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
PATIENCE_MS = 20_000
FIND = """([action, name, value, label]) => {
  for (const form of document.forms) {
    if (form.method !== 'post') continue;
    for (const one of form.elements) {
      if (one.type !== 'submit' || one.disabled) continue;
      const there = new URL(one.getAttribute('formaction') || form.getAttribute('action') || '', location.href);
      if (there.pathname !== action || one.name !== name || (name && one.value !== value)) continue;
      if (label && one.textContent.replace(/\\s+/g, '') !== label) continue;
      return one;
    }
  }
  return null;
}"""
FILL = """(button, [words, plausible, day, ticksAll]) => {
  let filled = false;
  const named = {};
  for (const one of button.form.elements) {
    if (!one.name || one.disabled || one.type === 'hidden') continue;
    (named[one.name] = named[one.name] || []).push(one);
    if (ticksAll && one.type === 'checkbox') { one.checked = true; filled = true; }
  }
  for (const group of Object.values(named)) {
    const one = group[0];
    if (!group.some(part => part.required)) continue;
    if (['radio', 'checkbox'].includes(one.type)) {
      if (!group.some(part => part.checked)) { one.checked = true; filled = true; }
    } else if (!one.value.trim()) {
      if (one.tagName === 'SELECT') one.value = ([...one.options].find(part => part.value) || {}).value || '';
      else if (one.type === 'date') one.value = day;
      else if (one.type === 'datetime-local') one.value = day + 'T09:00';
      else if (one.type === 'number') one.value = one.min && one.min !== '0' ? one.min : '1';
      else if (one.type === 'file') continue;
      else one.value = plausible[one.type] || words;
      filled = true;
    }
  }
  return filled;
}"""


@dataclass
class Pressed:
    """What followed: the answer's status, its text, and whether required fields had to be filled in."""

    status: int = 0
    text: str = ""
    was_filled: bool = False
    problem: str = ""


@contextmanager
def chromium() -> Iterator[Any]:
    """A headless Chromium. Raises RuntimeError with what to install where there is none."""
    from playwright.sync_api import sync_playwright

    path = find()
    if not path:
        raise RuntimeError("没有 Chromium：请安装 chromium 或设置 LOUDA_CHROMIUM。 No Chromium: install it.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Hand:
    """One role's browser; `errors` are what the pages' own script threw."""

    context: Any
    errors: list[str] = field(default_factory=list)

    def press(self, address: str, where: tuple[str, str, str, str], day: str, ticks_all: bool) -> Pressed:
        """Open a page and press the control `where`: path it sends to, name, value and label of the button."""
        page = self.context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: self.errors.append(f"{address}: {error}"))
        statuses: list[int] = []
        page.on("response", lambda one: statuses.append(one.status) if one.request.method == "POST" else None)
        try:
            page.goto(address)
            button = page.evaluate_handle(FIND, list(where)).as_element()
            if button is None:
                return Pressed(problem="the control is not on the page")
            return self._press(page, button, statuses, (day, ticks_all))
        except Exception as error:  # one that times out is a finding, not the end of the drill
            return Pressed(problem=str(error).splitlines()[0][:200])
        finally:
            page.close()

    def _press(self, page: Any, button: Any, statuses: list[int], how: tuple[str, bool]) -> Pressed:
        _open_around(page, button)
        filled = bool(button.evaluate(FILL, [WORDS, PLAUSIBLE, *how]))
        button.scroll_into_view_if_needed()
        with page.expect_response(lambda one: one.request.method == "POST"):
            button.click()
        page.wait_for_load_state("domcontentloaded")
        return Pressed(statuses[-1], page.locator("body").inner_text(), filled)


def _open_around(page: Any, button: Any) -> None:
    """Open what is folded around the control, from the outside in, by its own summary."""
    for _step in range(5):
        if button.is_visible():
            return
        summary = button.evaluate_handle(
            "one => { let found = null; for (let at = one; at; at = at.parentElement)"
            " if (at.tagName === 'DETAILS' && !at.open) found = at.querySelector('summary'); return found; }"
        ).as_element()
        if summary is None:
            return
        summary.click()
        page.wait_for_timeout(50)
