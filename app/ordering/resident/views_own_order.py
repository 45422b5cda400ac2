"""The household's own order: choose, look over, place, amend, withdraw. What became of it is read in oversight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request
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
from app.ordering.cycles import queries as cycles_queries
from app.ordering.models import Cycle, CycleState, HouseholdOrder, OrderState
from app.ordering.orders import IfExists, NotProven, SoftLimit
from app.ordering.queries import OfferRow
from app.ordering.resident import queries as resident_queries
from app.ordering.resident import rules as resident_rules
from app.ordering.resident import service as resident_service
from app.ordering.schemas import BasketSchema, OrderFormInput, OrderFormPage, Withdraw

bp = Blueprint("own_order", __name__)


@dataclass(frozen=True)
class Sitting:
    """A household in front of the form of a cycle: its order there, if any, and what may be picked."""

    cycle: Cycle
    mine: HouseholdOrder | None
    offers: list[OfferRow]

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
    card = resident_queries.card(resident(), cycle_id)
    is_taking = entry.is_taking_orders(card.cycle)
    if request.method == "GET" and not is_taking:
        return redirect(_status_page(cycle_id))
    at = Sitting(card.cycle, card.order, order_form.available_offers(cycle_id))
    if request.method == "GET":
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
    return Form(BasketSchema(offer.id for offer in at.offers), typed, page=OrderFormPage)


def _step(at: Sitting, form: Form) -> Any:
    page: OrderFormPage = form.page
    if page.step in ("search", "edit"):
        return _form_page(at, form)
    if page.step == "again":
        filled = resident_rules.repeat_order(*_last_and_now(at.cycle.id)).quantities
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
    problems, is_hard = orders.limit_problems(orders.offer_terms(at.cycle.id), basket.picks)
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
    response = make_response(placed(ordering_service.place, resident(), wanted))
    token = token_of_request()
    until = resident_service.extend_token(resident(), token, cycle_id)
    return remember_household(response, token, until) if until else response


# --- the pages --------------------------------------------------------------------------------------------------------
def _last_and_now(cycle_id: int) -> tuple[list[resident_rules.PastChoice], list[resident_rules.OnOffer]]:
    return resident_queries.last_order(resident(), cycle_id), resident_queries.on_offer(cycle_id)


def _form_page(at: Sitting, form: Form, is_again: bool = False) -> str:
    search = str(form.value("search", ""))
    words = {known.id: known for known in order_form.offer_names(at.cycle.id, at.offers)}
    last, present = _last_and_now(at.cycle.id)
    return render_template(
        "ordering/order_form.html",
        cycle=at.cycle,
        seconds_left=at.seconds_left,
        order=at.mine,
        is_amending=at.mine is not None and at.mine.state == OrderState.PLACED,
        sections=order_form.sections(at.offers, _("套餐"), _("其他")),
        words=words,
        shown={offer_id for offer_id, known in words.items() if not search or known.is_meant_by(search)},
        search=search,
        form=form,
        last=last,
        again=resident_rules.repeat_order(last, present),
        is_again=is_again,
        favourites=resident_queries.favourites(resident(), at.cycle.id, present),
        **_me(),
    )


def _review_page(at: Sitting, form: Form) -> str:
    basket: OrderFormInput = form.command
    by_id = {offer.id: offer for offer in at.offers}
    problems, _is_hard = orders.limit_problems(orders.offer_terms(at.cycle.id), basket.picks)
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
        **_me(),
    )


def _too_late_page(at: Sitting, form: Form) -> str:
    """Nothing is ordered any more; what was chosen stays to be read out on the telephone."""
    typed = {offer.id: str(form.value(f"qty_{offer.id}", "") or "0") for offer in at.offers}
    return render_template(
        "ordering/too_late.html",
        cycle=at.cycle,
        order=at.mine,
        picked=[(offer, typed[offer.id]) for offer in at.offers if typed[offer.id] != "0"],
        **_me(),
    )


def _mentions(at: Sitting, basket: OrderFormInput) -> list[resident_rules.OfferMention]:
    """Goods of the list that the box for other needs names and the basket does not hold."""
    if not basket.other_need:
        return []
    called = order_form.offer_names(at.cycle.id, at.offers)
    chosen = {pick.offer_id for pick in basket.picks}
    return [one for one in resident_rules.mentioned_offers(basket.other_need, called) if one.offer_id not in chosen]


def _me() -> dict[str, Any]:
    return {"address": " ".join(cycles_queries.address_of(resident().household_id))}


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
