"""The web server's own lines, through the same sieve: it quotes a request that it can't read."""

from typing import Any

from gunicorn.glogging import Logger

from portal.base import logs


class JsonLogger(Logger):  # type: ignore[misc]
    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(logs.formatter())

    def warning(self, msg: object, *args: object, **kwargs: Any) -> None:
        # Named after the line that warns, since of a refused request nothing else is kept.
        super().warning(msg, *args, **{"stacklevel": 3, **kwargs})

    def access(self, *args: Any) -> None:
        """Nothing, whatever is configured: paths and addresses. The site logs routes itself."""
