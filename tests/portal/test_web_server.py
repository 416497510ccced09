"""What the web server answers before any of our code is asked."""

import runpy
import socket

from gunicorn import util

from portal.base.embedded.place import CHECKOUT


def test_a_request_that_reaches_no_page_is_answered_with_headers_and_none_of_it(
    monkeypatch,
) -> None:
    monkeypatch.setattr(util, "write_error", util.write_error)
    runpy.run_path(str(CHECKOUT / "gunicorn.conf.py"))
    ours, theirs = socket.socketpair()
    with ours, theirs:
        util.write_error(ours, 414, "Request-URI Too Long", "canary words of the request")
        said = theirs.recv(4096).decode()
    head, _, body = said.partition("\r\n\r\n")
    told = dict(line.split(": ", 1) for line in head.splitlines()[1:])
    assert head.startswith("HTTP/1.1 414 ")
    assert told["Content-Security-Policy"].startswith("default-src 'none'")
    assert (told["Cache-Control"], told["X-Content-Type-Options"]) == ("no-store", "nosniff")
    assert int(told["Content-Length"]) == len(body)
    assert "canary" not in said
