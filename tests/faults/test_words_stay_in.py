"""Words of a member's, followed through the portal as it runs: what is written down where."""

import contextlib
import os
import socket

import redis

from tests.faults.house import House, settle_in, wait
from tests.faults.test_servers_gone import answers, mail, sends

CANARY = "Zxqcanary"


def everything_in(url: str) -> str:
    broker = redis.Redis.from_url(url)
    return "".join(f"{key!r} {broker.dump(key)!r}" for key in broker.scan_iter())


# What a browser never sends, and the web server quotes in its own log when it refuses it.
MALFORMED = (
    f"GET /x\x01{CANARY} HTTP/1.1\r\n\r\n",
    f"GET /{CANARY} HTTP/9.{CANARY}\r\n\r\n",
    f"{CANARY} / HTTP/1.1\r\n\r\n",
    f"GET / HTTP/1.1\r\nCookie {CANARY}\r\n\r\n",
    f"GET / HTTP/1.1\r\nCoo kie: {CANARY}\r\n\r\n",
    f"GET / HTTP/1.1\r\n{CANARY}\x00: a\r\n\r\n",
    f"POST / HTTP/1.1\r\nContent-Length: {CANARY}\r\n\r\n",
    f"POST / HTTP/1.1\r\nTransfer-Encoding: {CANARY}\r\n\r\n",
    f"GET /{CANARY * 1000} HTTP/1.1\r\n\r\n",
    f"GET / HTTP/1.1\r\nCookie: {CANARY * 1000}\r\n\r\n",
)


def sends_malformed(house: House) -> None:
    for words in MALFORMED:
        with socket.create_connection(("127.0.0.1", house.port), timeout=10) as line:
            line.sendall(words.encode("latin-1"))
            with contextlib.suppress(ConnectionResetError):
                assert int(line.recv(12)[-3:]) >= 400, words[:60]


def test_the_words_are_in_no_log_queue_or_mail(house: House) -> None:
    people = settle_in(f"Ana{CANARY}", f"Diaz{CANARY}")
    house.web()
    member = people.enter(house, people.member)
    assert f"Ana{CANARY}" in member.get("/").text
    sends(member, f"I feel dizzy {CANARY}.")
    lost = [
        member.get(f"/{CANARY}/"),
        member.get(f"/messages/{CANARY}"),
        member.twin().post("/messages/new/", subject=CANARY, body=CANARY, send_key="forged"),
        house.visit().give_password(f"{CANARY}", f"{CANARY} password"),
    ]
    assert max(answer.status for answer in lost) < 500
    sends_malformed(house)
    told = answers(people.enter(house, people.worker), f"Drink water {CANARY}.")
    assert CANARY in told[1].text
    queued = everything_in(house.env["REDIS_URL"])
    assert queued
    house.worker()
    house.sweep_soon()
    wait(lambda: mail().state == "sent", what="the mail")
    said = [letter.as_string() for letter in house.post_office.letters]
    logs = [house.log(name) for name in ("web", "worker")]
    assert said
    assert '"route": "messaging:compose"' in logs[0]
    assert logs[0].count('"logger": "gunicorn.error"') > len(MALFORMED) // 2
    assert "sweep_outbox" in logs[1]
    kept = [queued, everything_in(os.environ["REDIS_URL"]), *said, *logs]
    assert [text for text in kept if CANARY.casefold() in text.casefold()] == []
