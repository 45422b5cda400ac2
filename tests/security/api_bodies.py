"""What a program would send to each command of the API on the day that is attacked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Ids = dict[str, str]

BODIES: dict[str, Callable[[Ids], dict[str, Any]]] = {
    "place_order": lambda ids: {"household_id": int(ids["household"]), "picks": _picks(ids)},
    "amend_order": lambda ids: {"version": 1, "picks": _picks(ids)},
    "parse_chain": lambda ids: {"point": int(ids["point"]), "text": "1. 101 青菜一份"},
    "sign_tally": lambda _ids: {"total": 1},
    "reopen_tally": lambda _ids: {"reason": "x"},
    "waive_demand": lambda _ids: {"qty": 0, "reason": "x"},
    "edit_purchase_order": lambda _ids: {"version": 1, "rows": []},
    "approve_purchase_order": lambda _ids: {"version": 1},
    "send_purchase_order": lambda _ids: {"version": 1},
    "cancel_purchase_order": lambda _ids: {"version": 1},
    "close_purchase_order": lambda _ids: {"version": 1, "gives_up": True},
    "receive_delivery": lambda ids: {"rows": [{"id": int(ids["purchase_order_line"]), "good": 1}]},
    "receive_unordered": lambda ids: {"rows": [{"item": int(ids["item"]), "good": 1}]},
    "take_in_goods": lambda ids: {"kind": "donation", "rows": [{"item": int(ids["item"]), "good": 1}]},
    "run_allocation": lambda _ids: {"input_sha256": "x"},
    "void_bag": lambda _ids: {"reason": "x"},
    "ask_plan": lambda _ids: {"day": "2022-04-02", "seconds": 1},
    "publish_plan": lambda _ids: {"version": 1},
    "fail_stop": lambda _ids: {"reason": "x"},
    "deliver_bags": lambda ids: {"bags": [int(ids["door_bag"])]},
    "fail_doors": lambda ids: {"bags": [int(ids["door_bag"])], "outcome": "no_answer"},
}


def _picks(ids: Ids) -> list[dict[str, int]]:
    return [{"offer_id": int(ids["offer"]), "qty": 1}]
