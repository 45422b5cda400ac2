"""A client of the JSON API with the standard library only: place an order once, count the orders of the cycle.

API_URL=https://louda.example.cn API_TOKEN=louda_… python api_client.py CYCLE HOUSEHOLD OFFER QTY
"""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from typing import Any


class Refused(Exception):
    """Its argument is the problem, as RFC 9457 has it."""


class Louda:
    def __init__(self, url: str, token: str) -> None:
        self.url, self.token = url.rstrip("/") + "/api/v1", token

    def ask(self, path: str, body: Any = None, tries: int = 5) -> Any:
        """GET, or POST where there is a body. The key stays the same from try to try, so that it takes effect once."""
        headers = {"Authorization": f"Bearer {self.token}", "Accept-Language": "en"}
        if body is not None:
            headers |= {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
        data = None if body is None else json.dumps(body).encode()
        while True:
            request = urllib.request.Request(self.url + path, data, headers)
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                tries -= 1
                if error.code not in (429, 503) or not tries:
                    raise Refused(json.load(error)) from error
                time.sleep(float(error.headers.get("Retry-After") or 2))

    def every(self, path: str) -> Iterator[Any]:
        """The rows of a long list, a part at a time."""
        cursor = ""
        while cursor is not None:
            part = self.ask(f"{path}{'&' if '?' in path else '?'}cursor={cursor}")
            yield from part["items"]
            cursor = part["next"]


if __name__ == "__main__":
    cycle, household, offer, qty = map(int, sys.argv[1:5])
    louda = Louda(os.environ["API_URL"], os.environ["API_TOKEN"])
    wanted = {"household_id": household, "picks": [{"offer_id": offer, "qty": qty}]}
    placed = louda.ask(f"/cycles/{cycle}/orders", wanted)
    print(placed["order"]["code"], [line["stages"] for line in placed["lines"]])
    print(sum(1 for _order in louda.every(f"/cycles/{cycle}/orders?limit=100")), "orders of the cycle")
