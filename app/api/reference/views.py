"""The reference of the JSON API: the document as it is, and as a page without anything from elsewhere."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify, render_template

from app.access.guard import requires
from app.access.permissions import Permission
from app.api.reference.document import openapi_document
from app.api.reference.outline import outline

bp = Blueprint("api_reference", __name__, url_prefix="/account/api")


@bp.get("/")
@requires(Permission.SELF)
def index() -> str:
    """Every endpoint with what it takes, gives and refuses."""
    document = openapi_document(current_app)
    return render_template("api/reference.html", document=document, groups=outline(document))


@bp.get("/openapi.json")
@requires(Permission.SELF)
def openapi() -> Response:
    """The document for programs that write clients."""
    return jsonify(openapi_document(current_app))
