"""One message to one address: https, a network address that was looked at, no redirects, five seconds in all."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Network, ip_address
from queue import Empty, SimpleQueue
from urllib.parse import urlsplit

TIMEOUT_S = 5.0
MOST_ANSWER_BYTES = 1024
NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address


class NotSent(Exception):
    """The message did not arrive, and why in a word."""


def endpoint_of(url: str) -> tuple[str, int, str]:
    """(host, port, path) of an address. Raises NotSent for one that is no plain https address."""
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError as error:
        raise NotSent("not an address") from error
    if parts.scheme != "https" or not parts.hostname or parts.username is not None or parts.fragment:
        raise NotSent("not https")
    if not url.isascii() or any(letter <= " " or letter == "\x7f" for letter in url):
        raise NotSent("not an address")  # nothing that could end a line of the request
    return parts.hostname, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def resolved(host: str, port: int, *, allows_private: bool, within_s: float = TIMEOUT_S) -> str:
    """A network address of a host, looked at anew for each message: a name may lead elsewhere than it did.

    Raises NotSent where there is none in time, or one of them is not of the public internet and such are not allowed.
    """
    answer: SimpleQueue[set[str]] = SimpleQueue()

    def look() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answer.put({str(entry[4][0]) for entry in found})
        except (OSError, UnicodeError):
            answer.put(set())

    threading.Thread(target=look, daemon=True).start()  # the system's resolver knows no time limit
    try:
        addresses = answer.get(timeout=within_s)
    except Empty as error:
        raise NotSent("unknown host") from error
    if not addresses:
        raise NotSent("unknown host")
    if not allows_private and not all(is_public(address) for address in addresses):
        raise NotSent("private address")
    return min(addresses)


def is_public(address: str) -> bool:
    """Whether an address is one of the public internet: neither private, local, shared, reserved nor multicast, nor an
    IPv6 address that carries such an IPv4 address in it."""
    known = ip_address(address.partition("%")[0])
    if known.version == 6:
        inner = known.ipv4_mapped or known.sixtofour or (known.teredo[1] if known.teredo else None)
        if known in NAT64:
            inner = IPv4Address(int(known) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(str(inner))
    return known.is_global and not (known.is_multicast or known.is_reserved or known.is_unspecified)


class _Pinned(http.client.HTTPSConnection):
    """A connection to the network address that was looked at, whatever the name means by now."""

    def __init__(self, host: str, port: int, address: str, trust: ssl.SSLContext, until: float) -> None:
        super().__init__(host, port, timeout=TIMEOUT_S, context=trust)
        self._address, self._trust, self._until = address, trust, until

    def connect(self) -> None:
        left = max(0.01, self._until - time.monotonic())
        plain = socket.create_connection((self._address, self.port), left)
        # The handshake comes after the socket is known, so that the watch can end it.
        self.sock = self._trust.wrap_socket(plain, server_hostname=self.host, do_handshake_on_connect=False)
        self.sock.do_handshake()


def post(url: str, body: str, headers: Mapping[str, str], *, allows_private: bool) -> int:
    """Send a message. Returns the status of the answer, 200 to 299. Raises NotSent."""
    until = time.monotonic() + TIMEOUT_S
    host, port, path = endpoint_of(url)
    address = resolved(host, port, allows_private=allows_private)
    connection = _Pinned(host, port, address, ssl.create_default_context(), until)
    watch = threading.Timer(max(0.01, until - time.monotonic()), _give_up, (connection,))  # also on one that drips
    watch.start()
    try:
        connection.request("POST", path, body.encode(), {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        answer.read(MOST_ANSWER_BYTES)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotSent(type(error).__name__) from error
    finally:
        watch.cancel()
        connection.close()
    if not 200 <= answer.status < 300:
        raise NotSent(str(answer.status))
    return answer.status


def _give_up(connection: http.client.HTTPSConnection) -> None:
    held = connection.sock
    if held is not None:
        try:
            held.shutdown(socket.SHUT_RDWR)
        except OSError:
            return
