"""Nothing that a person wrote reaches a log, even by way of a library or an exception."""

import io
import json
import logging

import pytest
from structlog.stdlib import ProcessorFormatter

from portal.base.logs import CONFIG, log

CANARY = "Zebra-4711"


@pytest.fixture
def lines():
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    spec = CONFIG["formatters"]["json"]
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=spec["foreign_pre_chain"], processors=spec["processors"]
        )
    )
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
