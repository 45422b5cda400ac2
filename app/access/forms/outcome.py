"""What became of a submitted form, and how it is told: a page is led on to the next, a client that asks for JSON gets
JSON. Both run the same command on what the same schema loaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, before_render_template, flash, g, jsonify, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from app.core.errors import Refusal, refusal_as_json, wants_json, with_usual_sentence
from app.core.input.schemas import Form


@dataclass(frozen=True)
class SubmissionOutcome:
    """A command that took effect. `is_repeat`: at an earlier sending of the same form; nothing was done now."""

    location: str
    sentence: str = ""
    tone: str = "ok"
    is_repeat: bool = False


def respond(submission: SubmissionOutcome) -> BaseResponse:
    """A redirect (303) to where the form leads, its sentence shown there; or JSON for a client that asks for it:
    `{"location": path, "message": sentence, "is_repeat": bool}`.
    """
    if wants_json():
        facts = {"location": submission.location, "message": submission.sentence, "is_repeat": submission.is_repeat}
        return jsonify(facts)
    if submission.sentence:
        flash(submission.sentence, submission.tone)
    return redirect(submission.location, 303)


def register_json_answers(app: Flask) -> None:
    """A view that shows its refused form again makes a page; who asked for JSON gets the form's problems instead."""

    @before_render_template.connect_via(app)
    def note_form(_app: Flask, context: dict[str, Any], **_more: Any) -> None:
        if isinstance(form := context.get("form"), Form):
            g.shown_form = form

    @app.after_request
    def as_json(response: Response) -> Response:
        is_refused = request.method == "POST" and response.status_code >= 400
        if not is_refused or response.mimetype != "text/html" or not wants_json():
            return response
        form: Form | None = g.get("shown_form")
        said = form.problems_by_field if form is not None else {}
        sentence = next((sentences[0] for sentences in said.values()), "")
        return refusal_as_json(with_usual_sentence(Refusal(response.status_code, sentence, said)))
