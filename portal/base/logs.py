"""Logs as JSON lines that can't hold health information: names on a list, nothing else.

What is formatted into a message is left out, and so is an exception's text: both may quote a
person's words. What is kept of an exception is its type and where in the code it arose. A library's
text that came without anything to put into it may have been put together before (an f-string), so
only the place that wrote it is kept.
"""

import logging
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog

ALLOWED = frozenset(
    {
        "event", "level", "logger", "timestamp", "route", "method", "status", "ms", "plan",
        "task", "count", "error", "where", "state", "attempt", "reply_code",
    }
)  # fmt: skip


def only_allowed(
    logger: Any, name: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    record = event.get("_record")
    if isinstance(record, logging.LogRecord) and event.get("_from_structlog") is False:
        event["event"] = record.msg if event.get("positional_args") else None
        event["logger"] = record.name
        event["where"] = f"{record.filename}:{record.lineno}"
    if type(event.get("event")) is not str:
        del event["event"]
    found = event.pop("exc_info", None)
    if isinstance(record, logging.LogRecord):
        found = found or record.exc_info
    if isinstance(found, tuple) and found[0] is not None:
        event["error"] = found[0].__name__
        event["where"] = _where(found)
    return {key: value for key, value in event.items() if key in ALLOWED}


def _where(found: Any) -> str:
    frames = traceback.extract_tb(found[2])[-4:]
    return " > ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames)


_SHARED: list[Any] = [
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]

CONFIG: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": _SHARED,
            "pass_foreign_args": True,
            "use_get_message": False,
            "processors": [only_allowed, structlog.processors.JSONRenderer()],
        }
    },
    "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["out"], "level": "INFO"},
    "loggers": {
        "django.server": {"handlers": [], "propagate": False},
        # It greets whoever loads it.
        "pikepdf": {"level": "WARNING"},
    },
}


def formatter() -> logging.Formatter:
    made = {name: value for name, value in CONFIG["formatters"]["json"].items() if name != "()"}
    return structlog.stdlib.ProcessorFormatter(**made)


def configure() -> None:
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


log = structlog.get_logger("portal")
