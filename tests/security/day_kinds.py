"""Which object of the day that is attacked an argument of an address stands for."""

from __future__ import annotations


def kind_of(endpoint: str, name: str) -> str:
    """Which object an argument of an endpoint stands for."""
    for (start, argument), kind in SPECIAL.items():
        if argument == name and endpoint.startswith(start):
            return kind
    return name.removesuffix("_id")


SPECIAL = {
    ("api_ordering.place_order", "cycle_id"): "open_cycle",
    ("api_point.parse_chain", "cycle_id"): "open_cycle",
    ("api_delivery.arrive_at_stop", "stop_id"): "live_stop",
    ("api_delivery.fail_stop", "stop_id"): "live_stop",
    ("purchasing.", "order_id"): "purchase_order",
    ("stock.undelivered", "line_id"): "purchase_order_line",
    ("stock.", "order_id"): "purchase_order",
    ("printing.workbook", "order_id"): "purchase_order",
    ("printing.", "job_id"): "print_job",
    ("printing.by_number", "text"): "number",
    ("returns.", "text"): "number",
    ("own_sheets.", "text"): "number",
    ("intake.", "line_id"): "paste_line",
    ("resident.", "cycle_id"): "open_cycle",
    ("ordering.offers", "cycle_id"): "open_cycle",
    ("ordering.offer_all", "cycle_id"): "open_cycle",
    ("packs.give", "cycle_id"): "open_cycle",
    ("standing.book", "cycle_id"): "open_cycle",
    ("telephone.", "cycle_id"): "open_cycle",
    ("point_desk.", "line_id"): "paste_line",
    ("ordering.edit_cycle", "cycle_id"): "open_cycle",
    ("desk.", "cycle_id"): "open_cycle",
    ("intake.", "cycle_id"): "open_cycle",
    ("handover.dispute", "bag_id"): "home_bag",
    ("doors.", "bag_id"): "door_bag",
    ("dispatch.sign", "stop_id"): "live_stop",
    ("arrivals.settle", "stop_id"): "live_stop",
    ("dispatch.skip", "stop_id"): "live_stop",
    ("dispatch.abort", "round_id"): "live_round",
}
