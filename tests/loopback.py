"""Tests reach this machine alone.

An audit hook and no patched `socket`: it also sees what C code opens, and nothing can take it off.
A server's own driver (libpq) and other programs are beyond it; they are told their addresses.
"""

import socket
from ipaddress import ip_address
from typing import Any

SENDING = {"socket.connect", "socket.sendto", "socket.sendmsg"}


class NotHere(BaseException):
    """A test reached out. No broad `except` of what is tested may hide it."""


def only(event: str, args: tuple[Any, ...]) -> None:
    """For `sys.addaudithook`. Whatever isn't loopback is refused, names before they are asked."""
    if event in SENDING:
        opened, address = args
        if opened.family in (socket.AF_INET, socket.AF_INET6) and isinstance(address, tuple):
            _require(address[0])
    elif event == "socket.getaddrinfo" and args[0]:
        _require(args[0])


def _require(host: str | bytes) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if name != "localhost" and not name.endswith(".localhost") and not _is_loopback(name):
        raise NotHere(f"A test reached for {name}: tests reach this machine alone.")


def _is_loopback(name: str) -> bool:
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
