"""Phones of residents that order, for `benchmarks/orders.py`: sockets and bytes, for they must cost nearly nothing."""

from __future__ import annotations

import re
import socket
import threading
import time
import zlib
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from urllib.parse import urlencode

FIELD = re.compile(rb'name="(csrf_token|_key|_page)" value="([^"]*)"')


@dataclass(frozen=True)
class Home:
    """A household that will order: its token, and offer → units."""

    household_id: int
    token: str
    basket: dict[int, int]


@dataclass
class Outcome:
    """What the phones saw: seconds of each order that was placed, households by answer, their own CPU seconds."""

    placed: dict[int, float] = field(default_factory=dict)
    refused: list[tuple[int, int, str]] = field(default_factory=list)
    wall_s: float = 0.0
    cpu_s: float = 0.0


def filled_in(page: bytes, home: Home) -> dict[str, str]:
    """What the page on which an order is looked over sends: its hidden fields, what was picked, and the words."""
    fields = {name.decode(): value.decode() for name, value in FIELD.findall(page)}
    fields |= {"version": "0", "door_note": "", "remark": "", "other_need": "", "step": "place"}
    for offer, qty in home.basket.items():
        fields |= {f"qty_{offer}": str(qty), f"sub_{offer}": "1"}
    return fields


class Phone:
    """One connection that stays open, and the two requests of an order. No library: it must cost nearly nothing."""

    def __init__(self, port: int, cycle_id: int) -> None:
        self.port, self.path = port, f"/my/cycles/{cycle_id}/order"
        self.socket: socket.socket | None = None
        self.rest = b""

    def order(self, home: Home) -> tuple[int, str]:
        """Status of the answer to the order, and where it leads."""
        status, head, body = self._ask(f"GET {self.path}", f"household={home.token}")
        if status != 200:
            return status, "form"
        shown = zlib.decompressobj(31).decompress(body, 20_000) if b"gzip" in head else body
        held = re.search(rb"(?i)set-cookie: (louda=[^;]*)", head)
        cookie = f"household={home.token}" + (f"; {held[1].decode()}" if held else "")
        status, head, _body = self._ask(f"POST {self.path}", cookie, urlencode(filled_in(shown, home)).encode())
        led = re.search(rb"(?i)\r\nlocation: ([^\r]*)", head)
        return status, led[1].decode() if led else ""

    def _ask(self, line: str, cookie: str, body: bytes = b"") -> tuple[int, bytes, bytes]:
        head = (
            f"{line} HTTP/1.1\r\nHost: localhost:{self.port}\r\nAccept-Encoding: gzip, deflate, br\r\nCookie: {cookie}"
        )
        if body:
            head += f"\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}"
        for fresh in (False, True):
            if self.socket is None or fresh:
                self.socket = socket.create_connection(("127.0.0.1", self.port), 120)
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                self.socket.sendall(head.encode() + b"\r\n\r\n" + body)
                return self._answer(self.socket)
            except (ConnectionError, IndexError):
                continue  # the server closed a connection that was idle
        return 0, b"", b""

    def _answer(self, held: socket.socket) -> tuple[int, bytes, bytes]:
        read = b""
        while b"\r\n\r\n" not in read:
            part = held.recv(65_536)
            if not part:
                raise ConnectionError
            read += part
        head, _end, body = read.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        parts, have = [body], len(body)
        while length and have < int(length[1]):
            parts.append(held.recv(262_144))
            have += len(parts[-1])
        if re.search(rb"(?i)connection: close", head):
            held.close()
            self.socket = None
        return int(head.split(b" ", 2)[1]), head, b"".join(parts)


def phones(port: int, cycle_id: int, homes: list[Home], clients: int, rate: float, told: Connection) -> None:
    """All phones, in a process of their own. `rate`: orders offered each second, 0 for as fast as it goes."""
    outcome, lock = Outcome(), threading.Lock()
    waiting = iter(enumerate(homes))
    begin, cpu = time.perf_counter() + 0.2, time.process_time()

    def run() -> None:
        phone = Phone(port, cycle_id)
        while True:
            with lock:
                number, home = next(waiting, (0, None))
            if home is None:
                return
            due = begin + number / rate if rate else 0.0
            if (early := due - time.perf_counter()) > 0:
                time.sleep(early)
            start = due or time.perf_counter()
            status, led = phone.order(home)
            with lock:
                if status == 303:
                    outcome.placed[home.household_id] = time.perf_counter() - start
                else:
                    outcome.refused.append((home.household_id, status, led))

    threads = [threading.Thread(target=run) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outcome.wall_s, outcome.cpu_s = time.perf_counter() - begin, time.process_time() - cpu
    told.send(outcome)
