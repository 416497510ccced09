"""Someone who lets the others in, on a server where nobody is yet."""

import re
from io import StringIO
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import Plan, User
from portal.base import context
from portal.base.audit.models import Event
from portal.base.outbox.models import Mail

PASSWORD = "seven plain words in a row"


def make(user_id: str = "lee.wong") -> str:
    out = StringIO()
    call_command(
        "first_administrator",
        user_id,
        plan="cedar",
        email="lee@plan.example",
        name="Lee Wong",
        stdout=out,
    )
    return out.getvalue()


def follow(said: str, plan: Plan):
    """Open the printed link and choose a password; the last answer."""
    client = Client(headers={"host": plan.host})
    path = urlsplit(re.search(r"https?://\S+", said)[0]).path
    page = client.get(path, follow=True)
    form = page.redirect_chain[-1][0] if page.redirect_chain else path
    return client.post(form, {"password1": PASSWORD, "password2": PASSWORD})


def test_the_first_gets_a_link_that_works_once(plan: Plan) -> None:
    said = make()
    assert "within 60 minutes" in said
    assert follow(said, plan).status_code == 302
    with context.system("test", plan.pk):
        user = User.objects.get(role="plan_admin")
        assert user.check_password(PASSWORD)
        [line] = Event.objects.filter(action="account.created")
        assert (line.client, line.object_id) == ("command:first_administrator", user.pk)
        assert not Mail.objects.filter(kind="password_reset").exists()
    User.objects.update(password="!")
    assert follow(said, plan).status_code == 200
    assert not User.objects.get().has_usable_password()


def test_the_link_runs_out_and_can_be_had_again(plan: Plan, settings) -> None:
    said = make()
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert follow(said, plan).status_code == 200
    settings.PASSWORD_RESET_TIMEOUT = 3600
    assert follow(make(), plan).status_code == 302
    assert User.objects.count() == 1


def test_a_second_one_is_refused(plan: Plan) -> None:
    follow(make(), plan)
    for user_id in ("lee.wong", "pat.kim"):
        with pytest.raises(CommandError, match=r"already"):
            make(user_id)
    assert User.objects.count() == 1


def test_before_the_password_is_chosen_nobody_else_slips_in(plan: Plan) -> None:
    make()
    with pytest.raises(CommandError, match="has an administrator already"):
        make("pat.kim")


def test_without_the_plan_it_says_what_to_do(db) -> None:
    with pytest.raises(CommandError, match="create_plan"):
        make()
