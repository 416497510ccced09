"""A mail server that can be told to go wrong."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from email import message_from_bytes
from email.message import Message

QUICK = 0.05


class PostOffice:
    """Speaks as much SMTP as a sender needs. `trouble` names how it fails."""

    def __init__(self, trouble: str = "") -> None:
        self.trouble = trouble
        self.letters: list[Message] = []
        self.greeted = 0
        self.said: list[str] = []
        self.on_letter: Callable[[], None] = lambda: None
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._talk, args=[client], daemon=True).start()

    def _talk(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client, client.makefile("rwb") as line:
            self.greeted += 1
            if self.trouble == "busy":
                _say(line, "421 Too many connections")
                return
            if self.trouble == "hangs":
                time.sleep(30)
                return
            _say(line, "220 post.example")
            while said := line.readline().decode().strip():
                self.said.append(said)
                if self.trouble == "slow":
                    time.sleep(QUICK)
                if not self._answer(client, line, said):
                    return

    def _answer(self, client: socket.socket, line, said: str) -> bool:
        word = said.split()[0].upper()
        if word == "EHLO":
            if self.trouble == "broken_starttls":
                _say(line, "250-post.example\r\n250 STARTTLS")
            else:
                _say(line, "250 post.example")
        elif word == "STARTTLS":
            _say(line, "220 Go on")
            client.sendall(b"this is no TLS\r\n")
            return False
        elif word == "RCPT" and self.trouble in {"450", "550"}:
            _say(line, f"{self.trouble} Not this one")
        elif word == "DATA":
            return self._take(line)
        elif word == "QUIT":
            if self.trouble == "hangs_at_goodbye":
                time.sleep(30)
            _say(line, "221 Bye")
            return False
        else:
            _say(line, "250 OK")
        return True

    def _take(self, line) -> bool:
        _say(line, "354 Go on")
        content = b""
        while (part := line.readline()) not in {b".\r\n", b""}:
            content += part
        if self.trouble in {"451", "554"}:
            _say(line, f"{self.trouble} Not now")
            return True
        self.letters.append(message_from_bytes(content))
        if self.trouble == "drops_after_data":
            return False
        self.on_letter()
        _say(line, "250 Kept")
        return True


def _say(line, words: str) -> None:
    line.write(words.encode() + b"\r\n")
    line.flush()
