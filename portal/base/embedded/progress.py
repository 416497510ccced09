import contextlib
import threading
import time
from collections.abc import Iterator


@contextlib.contextmanager
def step(what: str) -> Iterator[None]:
    """Says what is done, with a dot for each second that it takes."""
    print(f"{what} ...", end="", flush=True)
    begun, over = time.monotonic(), threading.Event()

    def tick() -> None:
        while not over.wait(1):
            print(".", end="", flush=True)

    ticking = threading.Thread(target=tick, daemon=True)
    ticking.start()
    try:
        yield
    except BaseException:
        over.set()
        print(flush=True)
        raise
    over.set()
    print(f" done in {time.monotonic() - begun:.1f} s", flush=True)
