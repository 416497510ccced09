"""Puts the made-up people into the database, by the same actions that real input takes."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import devices, logo
from accounts.models import (
    CareTeam,
    Member,
    Plan,
    Role,
    TeamAssignment,
    TeamSeat,
    User,
    stored_username,
)
from accounts.people_actions import Told, keep_registration
from accounts.plan_actions import create_plan
from consents import notice_actions, notice_text
from consents.models import NoticeKind
from consents.notice_rules import Draft
from messaging import letters
from messaging.due import reply_due
from messaging.models import Message, Thread, ThreadState
from portal.base import context
from portal.base.audit import trail
from portal.base.crypto import keyring
from portal.demo import shapes
from portal.demo.generator import generate

# One member of each plan who has not signed in yet, so that setting up a second step can be tried.
NOT_ENROLLED = {"cedar": "aaliyah.johnson", "harbor": "tyrell.brooks"}
SLUGS = ("cedar", "harbor")
COLORS = {"cedar": "#1c5048", "harbor": "#24457a"}
# Cedar shows the law of a state beside the national default.
STATES = {"cedar": "NC", "harbor": ""}
PHONES = {"cedar": "1-800-555-0142", "harbor": "1-800-555-0178"}
# Days that a region keeps, and the country does not.
HOLIDAYS = {"cedar": ("César Chávez Day", 3, 31), "harbor": ("Good Neighbor Day", 9, 28)}
LOGOS = settings.BASE_DIR / "static" / "img"
# In Spanish, 988 asks for a 2 first.
CRISIS_LINES = {
    "en": [
        {"label": "In crisis?", "tel": "988", "sms": "988", "note": "Veterans: press 1"},
        {"label": "Emergency?", "tel": "911"},
    ],
    "es": [
        {
            "label": "¿En crisis?",
            "tel": "988",
            "sms": "988",
            "note": "Oprima 2 para español, 1 para veteranos",
        },
        {"label": "¿Emergencia?", "tel": "911"},
    ],
}
# What the second version of its terms adds to the first.
NEW_TERMS = {
    "en": "- **New:** this portal is not for children under 13.",
    "es": "- **Nuevo:** este portal no es para niños menores de 13 años.",
}
TEXTS = {
    "es": {"hours": "De lunes a viernes, de 8 a.m. a 6 p.m., hora del Este"},
}


def load_plan(slug: str, today: date, say: Callable[[str], None]) -> Plan:
    """Make one demo plan whole, in one transaction."""
    made = generate(slug, today)
    with transaction.atomic():
        return _load(made, _plan(made, today), say)


def made_on(plan: Plan) -> date:
    """The day its records are told from: the key of a row holds when it was made."""
    return datetime.fromtimestamp((plan.pk.int >> 80) / 1000, UTC).date()


def own_holidays(slug: str, today: date) -> dict[str, str]:
    """This year's and next year's."""
    name, month, day = HOLIDAYS[slug]
    return {date(year, month, day).isoformat(): name for year in (today.year, today.year + 1)}


def _plan(made: shapes.DemoPlan, today: date) -> Plan:
    return create_plan(
        client="command:demo_seed",
        logo=logo.read((LOGOS / f"demo-{made.slug}.svg").read_bytes()),
        slug=made.slug,
        host=f"{made.slug}.localhost",
        name=made.name,
        short_name=made.name.split()[0],
        phone=PHONES[made.slug],
        hours="Monday to Friday, 8 AM to 6 PM ET",
        address="100 Example Street, Springfield, NC 27000",
        state=STATES[made.slug],
        color=COLORS[made.slug],
        crisis_lines=CRISIS_LINES,
        own_holidays=own_holidays(made.slug, today),
        texts=TEXTS,
    )


def _load(made: shapes.DemoPlan, plan: Plan, say: Callable[[str], None]) -> Plan:
    with context.system("command:demo_seed", plan.pk):
        teams = {team.key: _team(plan, team) for team in made.teams}
        users = {person.user_id: _staff(plan, person, teams) for person in made.staff}
        members = {}
        for person in made.members:
            member = _member(plan, person)
            members[person.id] = member
            for key in team_keys(made, person.id):
                TeamAssignment.objects.create(plan=plan, member=member, team=teams[key])
            if person.user_id:
                users[person.user_id] = _member_user(plan, person, member)
        say(f"{made.name}: {len(members)} members, {len(made.staff)} staff")
        _notices(plan)
        for thread in made.threads:
            _thread(plan, thread, members, teams, users)
    say(f"{made.name}: {len(made.threads)} conversations")
    return plan


def _notices(plan: Plan) -> None:
    """The product's own texts; and in one plan, terms that change in a month."""
    today = plan.calendar.day(timezone.now())
    for kind in NoticeKind.values:
        whole = {code: notice_text.product_text(kind, code) or "" for code in plan.languages}
        later = plan.slug == "cedar" and kind == NoticeKind.TERMS
        first = {code: _without_part(text, 4) for code, text in whole.items()} if later else whole
        _notice(plan, kind, first, {}, today)
        if later:
            _notice(plan, kind, whole, NEW_TERMS, today + timedelta(days=30))


def _notice(
    plan: Plan, kind: str, texts: dict[str, str], changes: dict[str, str], effective: date
) -> None:
    contact = f"Privacy Office, {plan.address}"
    draft = Draft(kind, texts, changes, contact, plan.phone, effective)
    notice_actions.publish(plan=plan, draft=draft, client="command:demo_seed")


def _without_part(text: str, number: int) -> str:
    parts = text.split("\n## ")
    return "\n## ".join(parts[:number] + parts[number + 1 :])


def team_keys(made: shapes.DemoPlan, member_id: UUID) -> list[str]:
    """Only the teams that write with this member: the others must not find their file."""
    return sorted({t.team_key for t in made.threads if t.member_id == member_id}) or ["primary"]


def bundles(slug: str, today: date) -> list[dict[str, Any]]:
    """The demo's records as FHIR bundles: the shared ones first, then one per member."""
    made = generate(slug, today)
    groups = [made.shared_records, *made.records.values()]
    return [
        {
            "resourceType": "Bundle",
            "type": "collection",
            "entry": [
                {"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource}
                for resource in group
            ],
        }
        for group in groups
    ]


def _team(plan: Plan, team: shapes.Team) -> CareTeam:
    return CareTeam.objects.create(plan=plan, name=team.name, care_type=team.description[:120])


def _account(plan: Plan, person: shapes.Staff | shapes.Member, role: Role) -> User:
    user = User(
        plan=plan,
        username=stored_username(plan.slug, person.user_id or ""),
        email=person.email or "",
        role=role,
        holder_id=keyring.create_holder("person", plan.pk),
        display_name=person.full_name,
        language=person.language,
    )
    user.set_password(settings.DEMO_PASSWORD)
    return user


def _enrol(user: User) -> None:
    device = devices.pending_totp(user)
    device.confirmed = True
    device.save(update_fields=["confirmed"])


def _staff(plan: Plan, person: shapes.Staff, teams: dict[str, CareTeam]) -> User:
    role = Role.PLAN_ADMIN if person.role == "plan_administrator" else Role(person.role)
    user = _account(plan, person, role)
    user.save()
    _enrol(user)
    keep_registration(user, _told(plan, person))
    for key in person.team_keys:
        TeamSeat.objects.create(plan=plan, team=teams[key], user=user)
    return user


def _told(plan: Plan, person: shapes.Staff) -> Told:
    """A tax ID that begins with 00 is nobody's."""
    digits = sum(map(ord, person.user_id)) * 997 % 10_000_000
    return Told(person.full_name, f"{plan.name}, Springfield", f"00{digits:07}")


def _member(plan: Plan, person: shapes.Member) -> Member:
    return Member.objects.create(
        plan=plan,
        record_holder_id=keyring.create_holder("member_record", plan.pk),
        privacy_holder_id=keyring.create_holder("member_privacy", plan.pk),
        given_name=person.given,
        family_name=person.family,
        birth_date=person.birth_date,
        member_number=person.member_number,
        address=_address(person.address),
        language=person.language,
        deceased=person.deceased_on is not None,
    )


def _address(home: shapes.Address) -> str:
    return f"{home.line}\n{home.city}, {home.state} {home.postal_code}"


def _member_user(plan: Plan, person: shapes.Member, member: Member) -> User:
    user = _account(plan, person, Role.MEMBER)
    user.member = member
    user.save()
    if person.user_id != NOT_ENROLLED[plan.slug]:
        _enrol(user)
    return user


def _thread(
    plan: Plan,
    made: shapes.Thread,
    members: dict[UUID, Member],
    teams: dict[str, CareTeam],
    users: dict[str, User],
) -> None:
    member = members[made.member_id]
    answered = made.status == "answered"
    last = made.messages[-1]
    answers = [message for message in made.messages if not message.from_member_side]
    with context.about_member(member.pk):
        thread = Thread.objects.create(
            plan=plan,
            member=member,
            record_holder_id=member.record_holder_id,
            team=teams[made.team_key],
            owner=users[answers[-1].sender_user_id] if answered else None,
            subject=made.subject,
            state=ThreadState.ANSWERED if answered else ThreadState.WAITING,
            answer_by=None if answered else reply_due(plan, last.sent_at),
            started_at=made.messages[0].sent_at,
            last_message_at=last.sent_at,
            opened_by_team_at=last.sent_at if answered else None,
            unread_by_member=answered and last is answers[-1],
        )
        for message in made.messages:
            Message.objects.create(
                id=message.id,
                plan=plan,
                member=member,
                record_holder_id=member.record_holder_id,
                thread=thread,
                author=users[message.sender_user_id],
                from_team=not message.from_member_side,
                body=message.body,
                sent_at=message.sent_at,
            )
        for answer in answers:
            _note_answer(member, users[answer.sender_user_id], answer)
        if thread.unread_by_member and not users[made.messages[0].sender_user_id].email:
            # Their answer came in before the demo began, with no email to tell them.
            letters.tell(member, last.id)


def _note_answer(member: Member, by: User, answer: shapes.Message) -> None:
    """A member's list of who has seen their information begins with those who answered them."""
    acting = context.AccessContext(
        plan_id=member.plan_id,
        user_id=by.pk,
        role=by.role,
        member_id=member.pk,
        client="command:demo_seed",
        purpose="care_message",
        basis="staff_use",
    )
    with context.bind(acting):
        trail.record(
            "message.answered", member_id=member.pk, object_kind="message", object_id=answer.id
        )
