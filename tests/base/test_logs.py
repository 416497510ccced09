"""Nothing that a person wrote reaches a log, even by way of a library or an exception."""

import io
import json
import logging
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils.safestring import SafeString
from gunicorn.config import Config

from portal.base.logs import formatter, log
from portal.base.logs_web import JsonLogger

CANARY = "Zebra-4711"


@pytest.fixture
def lines():
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(formatter())
    root = logging.getLogger()
    root.addHandler(handler)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.removeHandler(handler)


def test_words_put_into_a_message_are_left_out(lines):
    logging.getLogger("library").warning("Could not read %s", CANARY)
    assert lines()[-1]["event"] == "Could not read %s"


def test_exception_keeps_type_and_place_only(lines):
    try:
        raise ValueError(CANARY)
    except ValueError:
        logging.getLogger("library").exception("It failed")
    line = lines()[-1]
    assert line["error"] == "ValueError"
    assert "test_logs.py" in line["where"]
    assert CANARY not in json.dumps(line)


def test_names_off_the_list_are_dropped(lines):
    log.warning("request", route="home", subject=CANARY)
    line = lines()[-1]
    assert line["route"] == "home"
    assert CANARY not in json.dumps(line)


@pytest.mark.parametrize(
    "message",
    [f"Invalid header: {CANARY}", ValueError(CANARY), SafeString(CANARY), [CANARY]],
    ids=lambda message: type(message).__name__,
)
def test_a_text_put_together_before_is_left_out(lines, message):
    logging.getLogger("library").error(message)
    logging.getLogger("library").error(message, exc_info=ValueError(CANARY))
    if type(message) is not str:
        log.error(message)
    assert CANARY not in json.dumps(lines())
    assert lines()[0]["where"].startswith("test_logs.py:")
    assert lines()[0]["logger"] == "library"
    assert lines()[1]["error"] == "ValueError"


def test_a_message_that_only_looks_like_a_pattern_is_left_out(lines):
    logging.getLogger("library").error(SafeString(f"{CANARY} %s"), "word")
    assert CANARY not in json.dumps(lines())


@pytest.fixture
def server(tmp_path):
    """A web server's logger that was told to write all it can."""
    config = Config()
    for name in ("accesslog", "errorlog"):
        config.set(name, str(tmp_path / "log"))
    made = JsonLogger(config)
    yield made
    for logger in (made.error_log, made.access_log):
        for handler in list(logger.handlers):
            logger.removeHandler(handler)
            handler.close()


def test_the_web_server_writes_no_text_of_a_request(server, tmp_path):
    server.warning(f"Invalid request from ip=127.0.0.1: {CANARY}")
    server.info("Listening at: %s", CANARY)
    answer = SimpleNamespace(status="200 OK", sent=1, headers=[])
    asking = {"RAW_URI": CANARY, "REQUEST_METHOD": "GET", "SERVER_PROTOCOL": "HTTP/1.1"}
    server.access(answer, SimpleNamespace(headers=[]), asking, timedelta(seconds=1))
    told = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert CANARY not in json.dumps(told)
    assert [line.get("event") for line in told] == [None, "Listening at: %s"]
    assert told[0]["where"].startswith("test_logs.py:")
