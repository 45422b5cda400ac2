"""What became of a submitted form, and how it is told: a page is led on to the next, a client that asks for JSON gets
JSON. Both run the same command on what the same schema loaded.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, Response, flash, g, jsonify, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from app.core.errors import Conflict, Invalid, Refusal, StaleEdit, refusal_as_json, wants_json, with_usual_sentence
from app.core.input.schemas import refused_form


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
        return _as_json(submission)
    if submission.sentence:
        flash(submission.sentence, submission.tone)
    return redirect(submission.location, 303)


def _as_json(submission: SubmissionOutcome) -> Response:
    facts = {"location": submission.location, "message": submission.sentence, "is_repeat": submission.is_repeat}
    return jsonify(facts)


def note_refusal(refusal: Invalid | Conflict) -> None:
    """Remember what a command refused, for a view that makes a page of it and answers in JSON all the same."""
    g.refusal = refusal


def register_json_answers(app: Flask) -> None:
    """Whoever asked for JSON gets it, too, from a view that leads on by itself or shows its refused form again.

    A page to look at (a search, a preview) in answer to a form stays a page: no command was asked for.
    """

    @app.before_request
    def forget() -> None:
        g.pop("refusal", None)  # of a request before, where both are in one application context
        refused_form.set(None)

    @app.after_request
    def as_json(response: Response) -> Response:
        if request.method != "POST" or not wants_json():
            return response
        if response.status_code in (301, 302, 303, 307, 308):
            return _led_on(response)
        if response.mimetype != "text/html":
            return response
        refused: Invalid | Conflict | None = g.get("refusal")
        if response.status_code >= 400:
            return refusal_as_json(with_usual_sentence(_refusal(response.status_code, refused)))
        return response if refused is None else refusal_as_json(with_usual_sentence(_refusal(refused.status, refused)))


def _led_on(response: Response) -> Response:
    """The answer with its cookies, told instead of led on."""
    facts = _as_json(SubmissionOutcome(response.headers.pop("Location")))
    response.set_data(facts.get_data())
    response.status_code, response.content_type = 200, facts.content_type
    return response


def _refusal(status: int, refused: Invalid | Conflict | None) -> Refusal:
    """What the page would show: the problems of its form by the names of its fields, else those of the command."""
    form = refused_form.get()
    said = form.problems_by_field if form is not None else refused.problems if isinstance(refused, Invalid) else {}
    sentence = next((sentences[0] for sentences in said.values() if sentences), refused.sentence if refused else "")
    is_stale = isinstance(refused, StaleEdit)
    return Refusal(status, sentence, said, refused.theirs if isinstance(refused, StaleEdit) else {}, is_stale)
