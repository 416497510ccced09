"""Read by gunicorn when it is started in this folder."""

from gunicorn import util

logger_class = "portal.base.logs_web.JsonLogger"
# Of what reaches no application: a line too long, a request that is none.
HEADERS = """HTTP/1.1 {status} {reason}\r
Connection: close\r
Content-Type: text/plain; charset=utf-8\r
Content-Length: {length}\r
Cache-Control: no-store\r
Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r
Referrer-Policy: same-origin\r
X-Content-Type-Options: nosniff\r
X-Frame-Options: DENY\r
\r
"""
SENTENCE = "We could not read that request. Go back and try again.\n"


def write_error(sock, status_int, reason, mesg):
    """With our headers, and none of what was sent."""
    head = HEADERS.format(status=status_int, reason=reason, length=len(SENTENCE))
    util.write_nonblock(sock, f"{head}{SENTENCE}".encode("latin-1"))


util.write_error = write_error
