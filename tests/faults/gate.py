"""A gate on the way to a server: it can be shut, go silent, or stop what passes at a word."""

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Literal

State = Literal["open", "shut", "silent"]


class Gate:
    """Passes bytes on to `target`, as long as it is open."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.target = target
        self.state: State = "open"
        # Sees what the client says. Where it answers True, the reply is kept from the client.
        self.watch: Callable[[bytes], bool] | None = None
        self.on_mute: Callable[[], None] = lambda: None
        self.sockets: list[socket.socket] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, args=[self.listener], daemon=True).start()

    def shut(self) -> None:
        """As a server that was killed: open connections break, new ones are refused."""
        self.state = "shut"
        _end(self.listener)
        self._break()

    def silence(self) -> None:
        """As a machine that hangs: it takes connections and never says a word."""
        self.reopen()
        self.state = "silent"
        self._break()

    def reopen(self) -> None:
        if self.state == "shut":
            self.listener = socket.create_server(("127.0.0.1", self.port))
            threading.Thread(target=self._accept, args=[self.listener], daemon=True).start()
        self.state = "open"

    def _break(self) -> None:
        while self.sockets:
            _end(self.sockets.pop())

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                self.sockets.append(client)
                if self.state == "open":
                    threading.Thread(target=self._serve, args=[client], daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(self.target)
        except OSError:
            _end(client)
            return
        self.sockets.append(server)
        mute = threading.Event()
        back = threading.Thread(target=self._pass_back, args=[server, client, mute], daemon=True)
        back.start()
        with contextlib.suppress(OSError):
            while said := client.recv(65536):
                watch = self.watch  # which another thread may take away
                if watch and watch(said):
                    mute.set()
                server.sendall(said)
        _end(server)
        _end(client)

    def _pass_back(
        self, server: socket.socket, client: socket.socket, mute: threading.Event
    ) -> None:
        with contextlib.suppress(OSError):
            while said := server.recv(65536):
                if mute.is_set():
                    self.on_mute()
                    break
                client.sendall(said)
        _end(client)
        _end(server)


def _end(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    with contextlib.suppress(OSError):
        one.close()
