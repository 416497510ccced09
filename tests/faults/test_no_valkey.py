"""Valkey is away from the first start on: people work all the same, and the mail waits."""

import re

from portal.base import context
from portal.base.embedded.processes import started
from tests.faults.house import House, People, wait
from tests.faults.test_servers_gone import LONG, answers, mail, sends


def test_a_whole_run_without_valkey(house: House, people: People) -> None:
    house.broker.shut()
    house.web()
    # Its worker finds nobody to take work from, and goes on asking.
    house.start("worker")
    member = people.enter(house, people.member)
    pages = [member.get(path) for path in ("/", "/records/", "/messages/", "/status/")]
    written = sends(member, "I feel dizzy.")
    told = answers(people.enter(house, people.worker), "Drink some water.")
    for answer in (*pages, *written, *told):
        assert answer.status in {200, 302}
        assert answer.seconds < LONG
    thread = re.findall(r'href="(/messages/[0-9a-f-]{36}/)"', member.get("/messages/").text)[0]
    assert "Drink some water." in member.get(thread).text
    with context.system("test"):
        people.forget_codes()
    house.kill("web")
    house.web()
    assert member.get("/").status == 200
    assert people.enter(house, people.member).get("/messages/").status == 200
    assert (mail().state, house.post_office.letters) == ("waiting", [])
    assert started(house.running["worker"].pid), "the worker gave up"
    house.broker.reopen()
    wait(lambda: " ready." in house.log("worker"), seconds=60, what="the worker")
    house.sweep_soon()
    wait(lambda: mail().state == "sent", what="the mail")
    ids = [letter["Message-ID"] for letter in house.post_office.letters]
    assert ids.count(f"<{mail().pk}@cedar.localhost>") == 1
