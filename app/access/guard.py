"""The door of every endpoint: deny by default, one permission or `public`, and forms that take effect once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, ParamSpec, TypeVar

from flask import (
    Flask,
    abort,
    current_app,
    g,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as BaseResponse

from app.access.forms.kept_page import sent_form, serialized_form
from app.access.forms.outcome import SubmissionOutcome, note_refusal, respond
from app.access.page_registry import describe_page
from app.access.permissions import Permission, Resident, Staff
from app.access.sessions import household_tag, resident_of_request, staff_of_request
from app.access.tokens import bearer
from app.access.tokens.models import TokenScope
from app.core.db import pending_claim
from app.core.errors import Conflict, Forbidden, Invalid, is_api_request, wants_json
from app.core.idempotency import AlreadyDone, FormClaim, fingerprint, new_key
from app.core.input.schemas import TRANSPORT

P = ParamSpec("P")
R = TypeVar("R")
View = TypeVar("View", bound=Callable[..., Any])

PUBLIC = "public"


def requires(permission: Permission, token: TokenScope = TokenScope.READ) -> Callable[[View], View]:
    """Mark a view with the one permission it takes. The check runs before the view; the scope check is the view's.

    `token`: of the JSON API, what a token must have been made for; pages know no tokens.
    """

    def mark(view: View) -> View:
        view.__access__ = permission  # type: ignore[attr-defined]
        view.__token_scope__ = token  # type: ignore[attr-defined]
        return view

    return mark


def public(view: View) -> View:
    """Mark a view as open to everybody. Few are; the test names them."""
    view.__access__ = PUBLIC  # type: ignore[attr-defined]
    return view


def access_of(app: Flask, endpoint: str) -> Permission | str | None:
    """The mark of an endpoint: a permission, "public", or None for an endpoint that nobody marked."""
    return getattr(app.view_functions[endpoint], "__access__", None)


def token_scope_of(app: Flask, endpoint: str) -> TokenScope:
    """What a token must have been made for to reach an endpoint of the JSON API."""
    scope: TokenScope = getattr(app.view_functions[endpoint], "__token_scope__", TokenScope.READ)
    return scope


def may_open(endpoint: str) -> bool:
    """Whether the reader's mark would let them through to a page: a link that leads to a refusal is not shown."""
    needed = access_of(current_app, endpoint)
    if needed == Permission.OWN_HOUSEHOLD:
        return g.get("resident") is not None
    actor: Staff | None = g.get("staff")
    return needed == PUBLIC or (actor is not None and isinstance(needed, Permission) and actor.may(needed))


def staff() -> Staff:
    """The signed-in account of this request; only within a view that requires a staff permission."""
    actor: Staff | None = g.get("staff")
    if actor is None:
        raise Forbidden
    return actor


def resident() -> Resident:
    """The household of this request; only within a view that requires OWN_HOUSEHOLD."""
    actor: Resident | None = g.get("resident")
    if actor is None:
        raise Forbidden
    return actor


def resident_if_any() -> Resident | None:
    """The household that this phone remembers, on pages that are open to everybody."""
    actor: Resident | None = g.get("resident")
    return actor


def register_guard(app: Flask) -> None:
    """Check every request against the mark of its endpoint; an unmarked endpoint answers nobody."""

    @app.before_request
    def check() -> BaseResponse | None:
        if (request.content_length or 0) > (request.max_content_length or float("inf")):
            raise RequestEntityTooLarge  # before anything asks for the form, whatever the address
        if is_api_request():
            _check_token(app)
            return None
        g.staff = staff_of_request()
        g.resident = resident_of_request()
        if request.endpoint is None:
            return None  # no such address: the 404 page
        needed = access_of(app, request.endpoint)
        if needed == PUBLIC:
            return None
        if needed is None:
            raise Forbidden
        if needed == Permission.OWN_HOUSEHOLD:
            return None if g.resident else _redirect_to_sign_in("resident.enter")
        if g.staff is None:
            return _redirect_to_sign_in("access.sign_in")
        _check_permission(g.staff, needed)
        return None


def _check_token(app: Flask) -> None:
    """The same for the JSON API: the account is that of the token, and the token has to be made for the purpose."""
    g.staff, g.resident, g.is_replayed = None, None, False  # not of a request before in the same context
    if request.endpoint is None:
        return
    needed = access_of(app, request.endpoint)
    if not isinstance(needed, Permission):
        raise Forbidden
    g.staff = bearer.staff_of_bearer()
    _check_permission(g.staff, needed)
    bearer.check_request(token_scope_of(app, request.endpoint))


def _check_permission(actor: Staff, needed: Permission | str) -> None:
    if not isinstance(needed, Permission) or not actor.may(needed):
        current_app.logger.warning("account %s was refused %s", actor.id, request.endpoint)
        raise Forbidden


def _redirect_to_sign_in(endpoint: str) -> BaseResponse:
    if wants_json():
        abort(401)
    if request.method != "GET":
        if endpoint == "resident.enter" or request.endpoint == "access.sign_out":
            abort(401)
        return _sign_in_page()
    wanted = request.full_path.rstrip("?")
    return redirect(url_for(endpoint, next=wanted))


def _sign_in_page() -> BaseResponse:
    """The sign-in page in answer to a form whose sign-in is over: it says why, and takes what was typed along."""
    sent = sent_form()
    kept = serialized_form(sent, session.get("ended_account") or 0)
    page = render_template(
        "access/sign_in.html",
        form=None,
        next=(sent.page or None) if sent else None,
        ended=session.get("ended"),
        kept=kept,
        lost=sent.words if sent and not kept else "",
    )
    return make_response(page, 401)


@dataclass(frozen=True)
class submit(Generic[R]):
    """Run a command for a submitted form, exactly once per form key, and tell what became of it: a redirect (303), or
    JSON for a client that asks for it (see `outcome.respond`).

    ``return submit(then=lambda order: url_for(...), says=_("已保存"))(service.place, by, command)``.
    `then` gets the command's result inside its transaction. Raises BadRequest without a key, Invalid for a key that
    was used with other content, and whatever the command raises.
    """

    then: Callable[[R], str]
    says: str | Callable[[R], str] = ""
    tone: str = "ok"
    by_anybody: bool = False  # a form before the door: who the phone is may change with its own answer

    def __call__(self, run: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> BaseResponse:
        return respond(self.outcome(run, *args, **kwargs))

    def outcome(self, run: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> SubmissionOutcome:
        """Run the command; how it is told is another matter. Raises what `submit` raises."""
        claim = _claim(self.then, self.by_anybody)
        token = pending_claim.set(claim)
        try:
            result = run(*args, **kwargs)
        except AlreadyDone as done:
            return SubmissionOutcome(done.location, is_repeat=True)
        except (Invalid, Conflict) as refusal:
            note_refusal(refusal)
            raise
        finally:
            pending_claim.reset(token)
        sentence = self.says(result) if callable(self.says) else self.says
        return SubmissionOutcome(claim.location or self.then(result), str(sentence), self.tone)


def earlier_outcome(by_anybody: bool = False) -> BaseResponse | None:
    """Where this very submission led, if it has taken effect already (a form sent twice).

    For pages that look at what stands before they run the command: the first sending has changed it.
    """
    try:
        _claim(lambda _result: "", by_anybody).begin()
    except AlreadyDone as done:
        return respond(SubmissionOutcome(done.location, is_repeat=True))
    except Invalid:  # the key of another content: the command says so beside the form
        return None
    return None


def form_key() -> str:
    """The key of the submitted form, in the one way it is written. Raises BadRequest without one."""
    return _claim(lambda _result: "").key


def _claim(then: Callable[[Any], str], by_anybody: bool = False) -> FormClaim:
    fields = [(name, value) for name, value in request.form.items(multi=True) if name not in TRANSPORT]
    files = [(name, f"{file.filename}:{file.content_length}") for name, file in request.files.items(multi=True)]
    actor = None if by_anybody else g.get("staff") or g.get("resident")
    who = f"{actor.kind}:{actor.id}" if actor else "nobody"
    where = f"{request.endpoint}:{sorted((request.view_args or {}).items())}"
    return FormClaim(request.form.get("_key", ""), who, where, fingerprint(fields + files), then)


def set_page_cycle(cycle_id: int) -> None:
    """Say which cycle a page is about whose address does not name it (a bag, a round), for the frame around it."""
    describe_page(cycle_id=cycle_id)


def register_forms(app: Flask) -> None:
    """Templates get `submission_key()`, `home_tag()` and `may_open()`; `csrf_token()` comes from Flask-WTF."""
    app.jinja_env.globals["may_open"] = may_open
    app.jinja_env.globals["submission_key"] = new_key
    app.jinja_env.globals["home_tag"] = _home_tag


def _home_tag() -> str:
    actor = resident_if_any()
    return household_tag(actor.household_id) if actor else ""
