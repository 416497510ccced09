"""No basis, no access: what the rules do not permit is on no page."""

from contextlib import nullcontext

import pytest
from django.db.models import Q

from consents import rules
from portal.base import context
from portal.base.audit.models import Event, Outcome
from tests.sweeps.conftest import CANARY, World
from tests.sweeps.routes import ROUTES
from tests.sweeps.test_trail import WHO, asked
from tests.sweeps.test_urls import address, ask


def pages(who: str) -> list[str]:
    return [name for method, name in asked(who) if method == "GET"] + ["home"]


@pytest.mark.promise("AL2")
@pytest.mark.parametrize("who", WHO)
def test_without_rules_no_page_shows_anything_of_a_member(
    world: World, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = world.browser(who)
    # Her own name is on every page of hers; words of her file stand after a space.
    told = f"{CANARY} " if who == "member" else CANARY

    def telling() -> list[str]:
        answers = {n: ask(world, who, client, "GET", n, address(world, n)) for n in pages(who)}
        return [
            name
            for name, answer in answers.items()
            if told
            in (b"".join(answer) if answer.streaming else answer.content).decode(errors="replace")
        ]

    with_rules = telling()
    monkeypatch.setattr(rules, "BY_QUESTION", {})
    assert telling() == []
    # The same pages tell when the rules permit it, or this shows nothing.
    assert bool(with_rules) == (
        who
        in {
            "member",
            "care_worker",
            "supervisor",
            "privacy_officer",
            "plan_admin",
        }
    )


@pytest.mark.promise("AL2")
def test_every_look_into_a_file_says_why(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    # The lines are to stay until they are read.
    monkeypatch.setattr("tests.sweeps.test_urls.undone", nullcontext)
    for who in WHO:
        client = world.browser(who)
        for name in pages(who):
            if who in (ROUTES[name].lets or ()):
                ask(world, who, client, "GET", name, address(world, name))
    with context.system("test"):
        looks = Event.objects.filter(outcome=Outcome.PERMITTED, member_id=world.member.pk)
        done = set(looks.values_list("action", flat=True))
        silent = set(looks.filter(Q(purpose="") | Q(basis="")).values_list("action", "actor_role"))
    assert {"inbox.opened", "thread.opened", "record.opened", "disclosure.opened"} <= done
    assert silent == set()
