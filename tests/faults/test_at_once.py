"""Twenty of the same over real HTTP, at the same moment."""

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from threading import Barrier

from django.urls import reverse

from accounts import devices
from messaging.models import Message, Thread
from messaging.rules import MOST_LOOKS
from portal.base import context
from portal.base.audit.models import Event
from portal.base.jobs.models import Job
from tests import factories
from tests.faults.house import House, People, enrol
from tests.faults.visit import Answer, Visit, code_of, field_of

TRIES = 20
PASSWORD = factories.PASSWORD


def at_once(visits: list[Visit], path: str, **form: str) -> list[Answer]:
    start = Barrier(len(visits))

    def send(visit: Visit) -> Answer:
        start.wait()
        return visit.post(path, **form)

    with ThreadPoolExecutor(len(visits)) as pool:
        return list(pool.map(send, visits))


def test_the_same_form_20_times_is_one_message(house: House, people: People) -> None:
    house.web()
    visit = people.enter(house, people.member)
    form = {**visit.new_message(), "subject": "Hi", "body": "I feel dizzy."}
    answers = at_once([visit.twin() for _ in range(TRIES)], "/messages/new/", **form)
    # Each window comes to the same receipt, as if it were the only one.
    assert Counter(answer.status for answer in answers) == {302: TRIES}
    assert len({answer.location for answer in answers}) == 1
    assert visit.get(answers[0].location).status == 200
    user = people.member
    with context.system("test", user.plan_id), context.about_member(user.member_id):
        assert (Message.objects.count(), Thread.objects.count()) == (1, 1)


def test_a_copy_asked_for_20_times_is_one_job(house: House, people: People) -> None:
    house.web()
    visit = people.enter(house, people.member)
    pages = [visit.get("/records/copy/").text for _ in range(2)]
    # Ten windows with one form and ten with another.
    forms = [{"send_key": field_of(page, "send_key")} for page in pages]
    with ThreadPoolExecutor(len(forms)) as pool:
        sent = [
            pool.submit(
                at_once, [visit.twin() for _ in range(TRIES // 2)], "/records/copy/", **form
            )
            for form in forms
        ]
        answers = [answer for one in sent for answer in one.result()]
    assert Counter(answer.status for answer in answers) == {302: TRIES}
    assert len({answer.location for answer in answers}) == 1
    with context.system("test"):
        assert Job.objects.count() == 1


def halfway(house: House, people: People) -> list[Visit]:
    """Windows of four browsers that have given the password."""
    browsers = [house.visit(f"127.0.0.{number}") for number in range(2, 6)]
    for browser in browsers:
        assert browser.give_password(people.member.user_id, PASSWORD).status == 302
    return [browser.twin() for browser in browsers for _ in range(TRIES // len(browsers))]


def inside(visits: list[Visit]) -> int:
    return sum(visit.get("/").status == 200 for visit in visits)


def test_a_code_20_times_lets_one_in(house: House, people: People) -> None:
    house.web()
    with context.system("test"):
        printed = devices.print_codes(people.member)[0]
    for code in (code_of(people.secrets[people.member.user_id]), printed):
        visits = halfway(house, people)
        answers = at_once(visits, "/sign-in/second-step/", code=code)
        # The others are told that it is wrong, or that their sign-in is over.
        assert {answer.status for answer in answers} <= {200, 302, 429}
        assert inside(visits) == 1


def told(page: str) -> str:
    """What the page says to the person, without the demo's list of whom they can be."""
    main = page.partition("<main")[2].partition("</main>")[0]
    words = re.sub(r"<details.*?</details>", "", main, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", f"<main{words}").split())


def test_a_known_and_an_unknown_person_get_the_same_answer(
    real_hashes: None, house: House, people: People
) -> None:
    house.web()
    visits = [house.visit(f"127.0.0.{number}") for number in range(10, 18)]
    seconds: dict[str, list[float]] = {"ana.diaz": [], "nobody.at-all": []}
    pages: dict[str, list[str]] = {"ana.diaz": [], "nobody.at-all": []}
    for visit in visits[:1]:
        visit.give_password("warm.up", "not the password 1")
    for visit in visits[1:5]:
        for user_id, taken in seconds.items():
            answer = visit.give_password(user_id, "not the password 1")
            assert answer.status == 200
            taken.append(answer.seconds)
            pages[user_id].append(told(answer.text))
    assert pages["ana.diaz"] == pages["nobody.at-all"]
    assert "do not match" in pages["ana.diaz"][0]
    known, unknown = (median(taken) for taken in seconds.values())
    assert 0.4 < known / unknown < 2.5


def test_numbers_are_not_tried_out_20_at_once(house: House, people: People) -> None:
    """Each form that is sent counts those that are answered at the same moment, too."""
    house.web()
    plan = people.member.plan
    other = factories.staff_user(
        plan, "noa.katz", "Noa Katz", "care_worker", team=factories.team(plan, "Heart care")
    )
    people.secrets[other.user_id] = enrol(other)
    visit = people.enter(house, other)
    page = reverse("messaging:member-why")
    form = {"reason": "standing_in", "words": "Her team is away.", "member_number": "M0"}
    form["send_key"] = field_of(visit.get(page).text, "send_key")
    before = MOST_LOOKS // 2
    assert {visit.post(page, **form).status for _ in range(before)} == {422}
    answers = at_once([visit.twin() for _ in range(TRIES)], page, **form)
    looked, stopped = MOST_LOOKS - before, TRIES - MOST_LOOKS + before
    assert Counter(answer.status for answer in answers) == {422: looked, 403: stopped}
    with context.system("test"):
        assert Event.objects.filter(action="member.looked_up").count() == MOST_LOOKS
