"""One side's process: answers questions on stdin, and runs a WSGI application as a worker does."""

import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from wsgiref.util import setup_testing_defaults

THREADS = 4
"""As many as a worker of `make run` has."""

Application = Callable[..., Any]
Question = dict[str, Any]


def answer(handle: Callable[[Question], Question]) -> None:
    # Whatever else prints must not be taken for an answer.
    out, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        print(json.dumps(handle(json.loads(line)), default=str), file=out, flush=True)


class Visitor:
    """Someone signed in who asks for one page, without a socket in between."""

    def __init__(self, application: Application, *, path: str, host: str, cookie: str) -> None:
        self._application = application
        self._asked = {"PATH_INFO": path, "HTTP_HOST": host, "HTTP_COOKIE": cookie}
        self._threads = ThreadPoolExecutor(THREADS)

    def page(self) -> bytes:
        environ: dict[str, Any] = dict(self._asked)
        setup_testing_defaults(environ)
        seen: list[str] = []
        response = self._application(environ, lambda status, headers: seen.append(status))
        body = b"".join(response)
        response.close()
        assert seen == ["200 OK"], seen
        return body

    def go(self, count: int) -> Question:
        """Requests of several threads at once: their wall time, and this process's CPU time."""
        wall, cpu = time.perf_counter(), time.process_time()
        for done in [self._threads.submit(self.page) for _ in range(count)]:
            done.result()
        return {"seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
