"""What happens to a submitted form: its command runs, or the page comes again with what was typed and why not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask.typing import ResponseReturnValue

from app.core.errors import Invalid, StaleEdit, wants_json
from app.core.input.schemas import Form


def run_or_show_again(
    form: Form,
    run: Callable[[Any], ResponseReturnValue],
    again: Callable[[Form, dict[str, str]], ResponseReturnValue],
) -> ResponseReturnValue:
    """Run the form's command and redirect, or render the page again: 422, or 409 after a stale edit.

    For a client that asks for JSON nothing is rendered: what the command refuses goes up, and is told as JSON.
    `again` gets the form with its problems and, after a stale edit, what is stored now (label → value).
    """
    theirs: dict[str, str] = {}
    status = 422
    if wants_json():
        if not form.is_valid:
            raise Invalid(form.problems_by_field)
        return run(form.command)
    if form.is_valid:
        try:
            return run(form.command)
        except StaleEdit as error:
            status, theirs = error.status, error.theirs
            form.add(Invalid(error.sentence))
        except Invalid as error:
            form.add(error)
    page = again(form, theirs)
    return (page, status) if isinstance(page, str) else page
