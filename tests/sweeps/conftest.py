"""One world for the sweeps: Ana's plan, everyone round her, and words of hers to look for."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accounts import actions
from accounts.models import CareTeam, Member, Plan, User
from consents.models import NoticeSight
from consents.notice_access import versions
from consents.notice_actions import note
from consents.opening_actions import give_reason
from consents.rules import Act, Tag
from disclosures import actions as disclosures_actions
from disclosures import incident_actions, letter_actions
from disclosures.models import Disclosure, IncidentWay
from disclosures.shredding import DESTROY_KEY
from messaging import access as messaging_access
from messaging import actions as messaging_actions
from messaging import attachments, draft_actions, letters
from messaging.models import Draft, Message, Thread
from phi_records import copies
from phi_records.actions.marking import mark_record
from phi_records.models import RecordItem
from portal.base import context
from portal.base.approvals import actions as approvals
from portal.base.approvals.models import Approval
from portal.base.audit.models import Event
from portal.base.files.checks import Checked
from portal.base.ids import uuid7
from portal.base.jobs import runner
from portal.base.letters.models import Letter
from portal.base.standing import done
from tests import factories
from tests.messaging.conftest import acting
from tests.phi_records.bundles import bundle, document, load, observation, patient

# Every word of Ana's file holds this, and nothing else in the world does.
CANARY = "Qwertzcanary"
# Of what is held back from everyone but officers, herself too.
HELD = f"{CANARY}held"


@dataclass
class World:
    plan: Plan
    other_plan: Plan
    team: CareTeam
    member: Member
    people: dict[str, User] = field(default_factory=dict)
    ids: dict[str, UUID] = field(default_factory=dict)
    # Of what the page of the approval shows.
    digest: str = ""

    def browser(self, who: str) -> Client:
        """A browser at this person's own plan, with what they have passed of the sign-in."""
        if who == "anonymous":
            return Client(headers={"host": self.plan.host})
        if who == "password_given":
            return self._after_password("member")
        if who == "not_enrolled":
            return self._without_second_step(who)
        if who in {"idle", "too_old"}:
            return self._expired(who)
        client = factories.signed_in(self.people[who])
        factories.type_a_code(client, self.people[who])
        if who == "disabled":
            with context.system("test"):
                User.objects.filter(pk=self.people[who].pk).update(is_active=False)
        return client

    def _without_second_step(self, who: str) -> Client:
        client = Client(headers={"host": self.plan.host})
        client.force_login(self.people[who])
        session = client.session
        actions.start_session(session, self.people[who])
        session.save()
        return client

    def _expired(self, who: str) -> Client:
        """A session of Ana's that was not used for too long, or was used for too long."""
        client = factories.signed_in(self.people["member"])
        session = client.session
        if who == "too_old":
            session[actions.SIGNED_IN_AT_KEY] -= settings.SESSION_TOTAL_SECONDS + 1
            session.save()
        else:
            past = timezone.now() - timedelta(seconds=1)
            Session.objects.filter(pk=session.session_key).update(expire_date=past)
        return client

    def _after_password(self, who: str) -> Client:
        person = self.people[who]
        factories.signed_in(person)  # sets up the second step that this browser lacks
        client = Client(headers={"host": self.plan.host})
        client.post("/sign-in/", {"login": person.user_id, "password": factories.PASSWORD})
        return client


@pytest.fixture
def world(db: None, tmp_path: Path, settings: Any) -> World:
    # All of a full sweep takes longer than a browser may rest between two of its requests.
    settings.IDLE_SECONDS = settings.SESSION_COOKIE_AGE = 12 * 60 * 60
    cache.clear()
    return make_world(tmp_path)


def make_world(folder: Path) -> World:
    plan, other = factories.plan("cedar"), factories.plan("harbor")
    team, off = factories.team(plan, "Primary care"), factories.team(plan, "Behavioral health")
    ana = factories.member_user(plan, "ana.diaz", f"{CANARY}given", f"{CANARY}family", team=team)
    with context.system("test"):
        ana.member.address = f"{CANARY} Street\nSpringfield, NC 27000"
        ana.member.save(update_fields=["address"])
    member: Any = ana.member
    found = World(plan, other, team, member)
    found.people = {
        "member": ana,
        "stranger": factories.member_user(plan, "jin.cho", "Jin", "Cho", team=off),
        "other_plan_member": factories.member_user(other, "ana.diaz", "Ana", "Other"),
        "care_worker": factories.staff_user(
            plan, "sam.reyes", "Sam Reyes", "care_worker", team=team
        ),
        "supervisor": factories.staff_user(plan, "sue.hall", "Sue Hall", "supervisor", team=team),
        "off_team_worker": factories.staff_user(
            plan, "kim.park", "Kim Park", "care_worker", team=off
        ),
        "privacy_officer": factories.staff_user(plan, "pat.nolan", "Pat Nolan", "privacy_officer"),
        "plan_admin": factories.staff_user(plan, "lee.wong", "Lee Wong", "plan_admin"),
        "operator": factories.staff_user(plan, "ola.berg", "Ola Berg", "operator"),
        "disabled": factories.member_user(plan, "dan.gone", "Dan", "Gone"),
        "not_enrolled": factories.member_user(plan, "new.here", "New", "Here"),
    }
    _plant(found, folder)
    factories.notices(plan)
    factories.notices(other)
    with context.system("test"):
        # Beat and worker are there: nobody who asks waits for their answer.
        done.note(done.SCHEDULED)
    return found


def say_why(world: World) -> None:
    """Someone off the team opens Ana's messages."""
    kim = world.people["off_team_worker"]
    with acting(kim):
        give_reason(
            by=kim, member=world.member, key=uuid7(), reason="asked", words=f"{CANARY} reason"
        )


def mark(world: World, record: str = "record", tag: Tag = Tag.MINOR_CONFIDENTIAL) -> None:
    """An officer says that Ana's record is so."""
    officer = world.people["privacy_officer"]
    with acting(officer):
        mark_record(
            by=officer,
            record_id=world.ids[record],
            tag=tag,
            on=True,
            reason=f"{CANARY} reason",
        )


def see_notice(world: World) -> None:
    """Ana opens her plan's terms."""
    ana = world.people["member"]
    with acting(ana):
        note(ana, versions(world.plan.pk, "terms"), NoticeSight.READ)


def _plant(world: World, folder: Path) -> None:
    officer = world.people["privacy_officer"]
    # Large enough to stand in a sealed file of its own.
    letter = document("d1", f"{CANARY} letter ".encode() * 900)
    add_records(world, folder, observation("o1", f"{CANARY} potassium"), letter)
    with context.system("test", world.plan.pk), context.about_member(world.member.pk):
        world.ids["record"] = RecordItem.objects.get(resource_type="Observation").pk
        world.ids["document"] = RecordItem.objects.get(resource_type="DocumentReference").pk
    hold_back(world, folder)
    message = write(world, f"{CANARY} subject", f"{CANARY} body")
    ana = world.people["member"]
    file = attach(world, message)
    with acting(ana):
        job = copies.ask(ana, uuid7())
    runner.sweep()
    draft = begin(world, message.thread, f"{CANARY} draft")
    with acting(officer):
        disclosure = disclosures_actions.record_disclosure(
            by=officer,
            key=uuid7(),
            member=world.member,
            disclosed_on=world.people["member"].created_at.date(),
            recipient=f"{CANARY} recipient",
            recipient_address=f"{CANARY} street",
            what=f"{CANARY} what",
            purpose=f"{CANARY} purpose",
            basis="512b",
        )
    ana = world.people["member"]
    with acting(ana):
        incident = incident_actions.open_incident(
            by=ana,
            key=uuid7(),
            kind="seen",
            way=IncidentWay.BUTTON,
            told=f"{CANARY} told",
            member=world.member,
        )
    with acting(officer):
        incident_actions.add_note(by=officer, incident=incident, key=uuid7(), text=f"{CANARY} note")
    letter, printed, waiting = (
        a_letter(world, state) for state in ("mailed", "printed", "waiting")
    )
    approval = to_approve(world, f"{CANARY}late", world.people["operator"])
    world.digest = approval.digest
    with context.system("test", world.plan.pk), context.about_member(world.member.pk):
        world.ids |= {
            "approval": approval.pk,
            "incident": incident.pk,
            "thread": message.thread_id,
            "message": message.pk,
            "file": file.file.pk,
            "job": job.pk,
            "draft": draft.pk,
            "letter": letter.pk,
            "printed": printed.pk,
            "waiting": waiting.pk,
            "batch": letter.batch_id,
            "disclosure": Disclosure.objects.get(pk=disclosure.pk).pk,
            "event": Event.objects.filter(member_id=world.member.pk).latest("at").pk,
        }


def hold_back(world: World, folder: Path) -> None:
    """A result and a file of hers that Ana may not see."""
    kinds = {"record": "Observation", "document": "DocumentReference"}
    paper = document("d2", f"{HELD} letter ".encode() * 900) | {"type": {"text": f"{HELD} note"}}
    add_records(world, folder, observation("o2", f"{HELD} result"), paper)
    for name, kind in kinds.items():
        with context.system("test", world.plan.pk), context.about_member(world.member.pk):
            of_kind = RecordItem.objects.filter(resource_type=kind)
            world.ids[f"held {name}"] = of_kind.exclude(pk=world.ids[name]).get().pk
        mark(world, f"held {name}", Tag.ENDANGERMENT_HOLD)


def attach(world: World, message: Message) -> attachments.Attached:
    ana = world.people["member"]
    name, content = f"{CANARY} name.txt", f"{CANARY} attached".encode()
    with acting(ana), messaging_access.file_for(ana, world.member.pk, Act.WRITE_MESSAGE):
        upload = Checked(name, "text/plain; charset=utf-8", content)
        attachments.add(ana, world.member, message, upload)
        return attachments.of([message.pk])[message.pk][0]


def to_approve(world: World, given: str, by: User) -> Approval:
    """That someone asks to destroy the record of a member who died."""
    late = factories.member(world.plan, given, "Rest")
    with context.system("test", world.plan.pk):
        Member.objects.filter(pk=late.pk).update(deceased=True)
    with acting(by):
        return approvals.ask(
            kind=DESTROY_KEY,
            about_id=late.record_holder_id,
            by=by,
            reason="Plain words",
            member_id=late.pk,
        )


def a_letter(world: World, state: str) -> Letter:
    """To Ana, on paper, as far as this state."""
    office, event_id = world.people["plan_admin"], uuid7()
    with context.system("test", world.plan.pk):
        letters.tell(world.member, event_id)
        letter = Letter.objects.get(event_id=event_id)
    with acting(office):
        if state != "waiting":
            letter_actions.print_letters(by=office, ids=[letter.pk], batch_id=uuid7())
        if state == "mailed":
            letter_actions.mail_letters(by=office, ids=[letter.pk], on=factories.today(world.plan))
        letter.refresh_from_db()
    return letter


def add_records(world: World, folder: Path, *resources: dict[str, Any]) -> None:
    path, known = folder / "feed.json", world.member
    name = {"family": known.family_name, "given": [known.given_name]}
    path.write_text(bundle(patient(known.member_number) | {"name": [name]}, *resources))
    load(world.plan, path)


def write(world: World, subject: str, body: str) -> Message:
    """A new message of Ana's to her team."""
    ana = world.people["member"]
    with acting(ana):
        sent = messaging_actions.start_thread(
            by=ana, member=world.member, team=world.team, subject=subject, body=body, key=uuid7()
        )
    assert sent.message
    return sent.message


def begin(world: World, thread: Thread, body: str) -> Draft:
    """A reply of Ana's that she did not send yet."""
    ana = world.people["member"]
    with acting(ana):
        draft = draft_actions.save_draft(
            by=ana, member=world.member, thread=thread, subject="", body=body
        )
    assert draft
    return draft
