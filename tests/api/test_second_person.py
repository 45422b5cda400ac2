"""Buying through the API keeps the rule of the second person: a token is never somebody else than its owner."""

from __future__ import annotations

from flask import Flask

from tests.api.client import program
from tests.purchasing.test_buying import signed as signed
from tests.world import World


def test_a_token_does_not_approve_what_its_owner_wrote(app: Flask, signed: World) -> None:
    orders = f"/cycles/{signed.cycle.id}/purchase-orders"
    own, again, other = (program(app, signed.accounts[name]) for name in ("supplies", "supplies", "supplies2"))
    assert own.post(f"/cycles/{signed.cycle.id}/demand").status_code == 200
    proposed = own.post(orders)
    assert proposed.status_code == 200, proposed.get_data(as_text=True)
    first = proposed.get_json()["items"][0]
    seen = {"version": first.get("version", 1)}
    for asks in (own, again):  # another token of the same account is the same person
        refused = asks.post(f"{orders}/{first['id']}/approve", seen)
        assert refused.status_code == 409, refused.get_data(as_text=True)
    approved = other.post(f"{orders}/{first['id']}/approve", seen)
    assert approved.status_code == 200, approved.get_data(as_text=True)
