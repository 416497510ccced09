"""Words of a member's, followed through the portal as it runs: what is written down where."""

import os

import redis

from tests.faults.house import House, settle_in, wait
from tests.faults.test_servers_gone import answers, mail, sends

CANARY = "Zxqcanary"


def everything_in(url: str) -> str:
    broker = redis.Redis.from_url(url)
    return "".join(f"{key!r} {broker.dump(key)!r}" for key in broker.scan_iter())


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
    assert "sweep_outbox" in logs[1]
    kept = [queued, everything_in(os.environ["REDIS_URL"]), *said, *logs]
    assert [text for text in kept if CANARY.casefold() in text.casefold()] == []
