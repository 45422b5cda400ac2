"""The household's own order: choose, look over, place, amend, withdraw. What became of it is read in oversight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, g, make_response, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app.access.guard import requires, resident, submit
from app.access.permissions import Permission
from app.access.sessions import remember_household, token_of_request
from app.core import clock
from app.core.errors import Conflict, Invalid
from app.core.input.schemas import Form
from app.core.text.free_text import classify_remarks
from app.ordering import entry, order_form, orders
from app.ordering import service as ordering_service
from app.ordering.claims import views as claims_views
from app.ordering.models import Cycle, CycleState, HouseholdOrder, OrderState
from app.ordering.orders import IfExists, NotProven, SoftLimit
from app.ordering.queries import OfferRow
from app.ordering.resident import queries as resident_queries
from app.ordering.resident import rules as resident_rules
from app.ordering.resident.queries import OrderFormCard
from app.ordering.schemas import BasketSchema, OrderFormInput, OrderFormPage, Withdraw
from app.ordering.shelf import views_shelf
from app.ordering.shelf.listing import OfferListing, listing
from app.ordering.shelf.views_shelf import OfferShelf

bp = Blueprint("own_order", __name__)


@dataclass(frozen=True)
class Sitting:
    """A household in front of the form of a cycle: its order there, if any, and what may be picked."""

    card: OrderFormCard
    listed: OfferListing

    @property
    def cycle(self) -> Cycle:
        return self.card.cycle

    @property
    def mine(self) -> HouseholdOrder | None:
        return self.card.order

    @property
    def offers(self) -> tuple[OfferRow, ...]:
        return self.listed.offers

    @property
    def seconds_left(self) -> int:
        """Until the cut-off, by our clock: phones count down from here, whatever their own clocks say."""
        return int((self.cycle.cutoff_at - clock.now()).total_seconds())


def _status_page(cycle_id: int) -> str:
    """Where the order is, bag by bag: a page of oversight, which reads every stage; others lead to it by address."""
    return f"/my/cycles/{cycle_id}"


@bp.route("/my/cycles/<int:cycle_id>/order", methods=["GET", "POST"])
@requires(Permission.OWN_HOUSEHOLD)
def order(cycle_id: int) -> Any:
    """The order form: choose, look over, place. Searching, filling in and looking over write nothing."""
    card = resident_queries.form_card(resident(), cycle_id)
    is_taking = entry.is_taking_orders(card.cycle)
    if request.method == "GET" and not is_taking:
        return redirect(_status_page(cycle_id))
    at = Sitting(card, listing(cycle_id, card.stamps))
    g.help_lines = card.help_lines
    if request.method == "GET":
        if at.mine is None:
            return _form_page(at, Form(), views_shelf.untouched_shelf(at.listed))
        return _form_page(at, Form(initial=order_form.as_typed(at.mine, at.offers, resident().is_proven)))
    form = _typed(at, request.form)
    # Placing is left to the command, which knows a form that took effect before the cut-off and comes once more.
    if not is_taking and not (form.is_valid and form.page.step == "place"):
        return _too_late_page(at, form), 409
    if not form.is_valid:
        return _form_page(at, form), 422
    try:
        return _step(at, form)
    except Conflict:
        if entry.is_taking_orders(card.cycle) and card.cycle.state == CycleState.OPEN:
            raise
        return _too_late_page(at, form), 409


def _typed(at: Sitting, typed: MultiDict[str, str]) -> Form:
    return Form(BasketSchema(at.listed.by_id), typed, page=OrderFormPage)


def _step(at: Sitting, form: Form) -> Any:
    page: OrderFormPage = form.page
    if page.step in ("search", "edit"):
        return _form_page(at, form)
    if page.step == "again":
        filled = resident_rules.repeat_order(*_last_and_now(at)).quantities
        typed = {**request.form.to_dict(), **{f"qty_{offer_id}": qty for offer_id, qty in filled.items()}}
        return _form_page(at, Form(initial=typed), is_again=True)
    if page.step == "place":
        try:
            return _place(at, form.command)
        except SoftLimit:
            return _review_page(at, form)
        except NotProven:
            return claims_views.instead_of_order(resident().household_id, at.cycle.id, request.form.to_dict()), 409
        except Invalid as error:
            form.add(error)
            return _form_page(at, form), 422
    return _look_over(at, _with_added(at, form))


def _look_over(at: Sitting, form: Form) -> Any:
    basket: OrderFormInput = form.command
    problems, is_hard = orders.limit_problems(at.listed.terms, basket.picks)
    if not basket.picks:
        problems, is_hard = {"": [_("还没有选商品，请至少选一份。")]}, True
    if is_hard:
        form.add(Invalid(problems))
        return _form_page(at, form), 422
    return _review_page(at, form)


def _with_added(at: Sitting, form: Form) -> Form:
    """The form with the goods that its free words named, when the resident said yes to them."""
    basket: OrderFormInput = form.command
    mention = next((one for one in _mentions(at, basket) if one.offer_id == form.page.add), None)
    if mention is None:
        return form
    typed = request.form.copy()
    typed[f"qty_{mention.offer_id}"] = str(mention.qty)
    typed[f"sub_{mention.offer_id}"] = "1"
    typed["other_need"] = resident_rules.without_mention(basket.other_need, mention.word)
    return _typed(at, typed)


def _place(at: Sitting, basket: OrderFormInput) -> Response:
    cycle_id = at.cycle.id
    stands = at.mine is not None and at.mine.state == OrderState.PLACED and basket.version
    wanted = basket.order(cycle_id, resident().household_id, IfExists.REPLACE if stands else IfExists.REFUSE)
    says = _("修改已保存。") if stands else _("下单成功。")
    placed = submit[HouseholdOrder](then=lambda _order: _status_page(cycle_id), says=says)
    until = orders.token_expiry(at.cycle.cutoff_at)
    is_longer = until > (resident().until or until)
    response = make_response(placed(ordering_service.place, resident(), wanted))
    return remember_household(response, token_of_request(), until) if is_longer else response


# --- the pages --------------------------------------------------------------------------------------------------------
def _last_and_now(at: Sitting) -> tuple[list[resident_rules.PastChoice], list[resident_rules.OnOffer]]:
    if not at.card.has_past:
        return [], []
    return resident_queries.last_order(resident(), at.cycle.id), resident_queries.on_offer(at.listed)


def _form_page(at: Sitting, form: Form, shelf: OfferShelf | None = None, is_again: bool = False) -> str:
    search = str(form.value("search", ""))
    shown = {known.id for known in at.listed.names if not search or known.is_meant_by(search)}
    last, present = _last_and_now(at)
    return render_template(
        "ordering/order_form.html",
        cycle=at.cycle,
        seconds_left=at.seconds_left,
        order=at.mine,
        is_amending=at.mine is not None and at.mine.state == OrderState.PLACED,
        shelf=shelf or views_shelf.shelf(at.listed, form, shown),
        found=len(shown),
        search=search,
        form=form,
        last=last,
        again=resident_rules.repeat_order(last, present),
        is_again=is_again,
        favourites=resident_queries.favourites(resident(), at.cycle.id, present) if present else [],
        address=at.card.address,
    )


def _review_page(at: Sitting, form: Form) -> str:
    basket: OrderFormInput = form.command
    by_id = at.listed.by_id
    problems, _is_hard = orders.limit_problems(at.listed.terms, basket.picks)
    picked = [(by_id[pick.offer_id], pick) for pick in basket.picks]
    return render_template(
        "ordering/review.html",
        cycle=at.cycle,
        seconds_left=at.seconds_left,
        basket=basket,
        picked=picked,
        total_fen=sum(offer.price_fen * pick.qty for offer, pick in picked),
        questions=[sentence for sentences in problems.values() for sentence in sentences],
        said=classify_remarks(basket.door_note, basket.remark),
        mentioned=[(by_id[one.offer_id], one) for one in _mentions(at, basket)],
        address=at.card.address,
    )


def _too_late_page(at: Sitting, form: Form) -> str:
    """Nothing is ordered any more; what was chosen stays to be read out on the telephone."""
    typed = {offer.id: str(form.value(f"qty_{offer.id}", "") or "0") for offer in at.offers}
    return render_template(
        "ordering/too_late.html",
        cycle=at.cycle,
        order=at.mine,
        picked=[(offer, typed[offer.id]) for offer in at.offers if typed[offer.id] != "0"],
        address=at.card.address,
    )


def _mentions(at: Sitting, basket: OrderFormInput) -> list[resident_rules.OfferMention]:
    """Goods of the list that the box for other needs names and the basket does not hold."""
    if not basket.other_need:
        return []
    called = at.listed.names
    chosen = {pick.offer_id for pick in basket.picks}
    return [one for one in resident_rules.mentioned_offers(basket.other_need, called) if one.offer_id not in chosen]


@bp.post("/my/cycles/<int:cycle_id>/withdraw")
@requires(Permission.OWN_HOUSEHOLD)
def withdraw(cycle_id: int) -> Response:
    """Take the order back before the cut-off."""
    card = resident_queries.card(resident(), cycle_id)
    form = Form(Withdraw, request.form)
    if card.order is None or not form.is_valid:
        raise Conflict(_("没有可以撤回的订单，请刷新页面。"))
    return submit[HouseholdOrder](
        then=lambda _order: _status_page(cycle_id), says=_("订单已撤回。截单以前还可以重新下单。")
    )(ordering_service.withdraw, resident(), card.order.id, form.command.version or None)
