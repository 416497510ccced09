"""The tests' own guard: nothing that they run may reach another machine."""

import smtplib
import socket

import pytest

from tests.loopback import NotHere

# For documentation, so nobody's (RFC 5737, RFC 3849).
ELSEWHERE = ("192.0.2.1", "2001:db8::1")


@pytest.mark.parametrize("host", ELSEWHERE)
def test_no_connection_leaves_this_machine(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as opened:
        for connect in (opened.connect, opened.connect_ex):
            with pytest.raises(NotHere, match=host):
                connect((host, 25))
    with socket.socket(family, socket.SOCK_DGRAM) as opened, pytest.raises(NotHere):
        opened.sendto(b"x", (host, 53))


def test_no_name_of_another_machine_is_asked_for() -> None:
    with pytest.raises(NotHere, match=r"mail\.example"):
        smtplib.SMTP("mail.example", timeout=1)


def test_this_machine_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        for host in ("127.0.0.1", "localhost"):
            with socket.create_connection((host, server.getsockname()[1]), timeout=5) as opened:
                assert opened.getpeername()[0] == "127.0.0.1"
