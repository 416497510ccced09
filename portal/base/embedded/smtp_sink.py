"""Keeps the mail that a demo sends, and shows it on a page for this machine only."""

import argparse
import email
import email.policy
import html
import signal
import socket
import time
from email.message import EmailMessage
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

LOOPBACK = "127.0.0.1"
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>{title}</title>
<style>body{{font:1rem/1.5 system-ui;max-width:48rem;margin:2rem auto;padding:0 1rem}}
pre{{white-space:pre-wrap}}</style><h1>{title}</h1>{body}"""


class Keeper:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        name = f"{time.time_ns()}.eml"
        fresh = self.folder / f"{name}.new"
        fresh.write_bytes(envelope.original_content or envelope.content)
        fresh.rename(self.folder / name)
        return "250 Kept"


def read(path: Path) -> EmailMessage:
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain", "html"))
    return str(body.get_content()) if body else ""


def list_page(folder: Path) -> str:
    lines = []
    for path in sorted(folder.glob("*.eml"), reverse=True)[:200]:
        message = read(path)
        to, subject = (html.escape(str(message[name] or "")) for name in ("To", "Subject"))
        lines.append(f'<li><a href="/{path.name}">{subject or "No subject"}</a> to {to}</li>')
    body = f"<ol>{''.join(lines)}</ol>" if lines else "<p>No mail was sent yet.</p>"
    return PAGE.format(title="Mail sent by this demo", body=body)


def message_page(path: Path) -> str:
    message = read(path)
    heads = "".join(
        f"<p><b>{name}</b> {html.escape(str(message[name] or ''))}</p>"
        for name in ("From", "To", "Date")
    )
    return PAGE.format(
        title=html.escape(str(message["Subject"] or "No subject")),
        body=f'{heads}<pre>{html.escape(text_of(message))}</pre><p><a href="/">All mail</a></p>',
    )


def handler(folder: Path) -> type[BaseHTTPRequestHandler]:
    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            # A page elsewhere could name this address as its own; its host name tells it apart.
            host = self.headers.get("Host", "").rpartition(":")[0]
            known = {path.name: path for path in folder.glob("*.eml")}
            if host not in ("localhost", LOOPBACK):
                self.answer(HTTPStatus.FORBIDDEN, PAGE.format(title="Not here", body=""))
            elif self.path == "/":
                self.answer(HTTPStatus.OK, list_page(folder))
            elif self.path[1:] in known:
                self.answer(HTTPStatus.OK, message_page(known[self.path[1:]]))
            else:
                self.answer(HTTPStatus.NOT_FOUND, PAGE.format(title="Not found", body=""))

        def answer(self, status: HTTPStatus, page: str) -> None:
            content = page.encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Cache-Control", "no-store")
            self.send_header(
                "Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"
            )
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Page


def server_on(listens: socket.socket, folder: Path) -> ThreadingHTTPServer:
    address = listens.getsockname()
    server = ThreadingHTTPServer(address, handler(folder), bind_and_activate=False)
    server.socket.close()
    server.socket = listens
    return server


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--smtp-port", type=int, required=True)
    # The number of an open socket that listens.
    parser.add_argument("--page-socket", type=int, required=True)
    given = parser.parse_args()
    sink = Controller(Keeper(given.folder), hostname=LOOPBACK, port=given.smtp_port)
    sink.start()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        server_on(socket.socket(fileno=given.page_socket), given.folder).serve_forever()
    except KeyboardInterrupt:
        sink.stop()


if __name__ == "__main__":
    main()
