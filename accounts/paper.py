"""Letters on paper: which plan writes, and where a member's mail goes."""

from accounts.models import Member, Plan, PlanLogo
from portal.base.letters.kinds import Sender
from portal.base.letters.queue import Recipient
from portal.base.outbox.sender import sign_in_url


def logo_for_letters(plan: Plan) -> bytes:
    found = PlanLogo.objects.filter(plan=plan, name=plan.logo_name).first()
    return bytes(found.content) if found else b""


def sender_of(plan: Plan, language: str, logo: bytes = b"") -> Sender:
    return Sender(
        name=plan.name,
        address=_lines(plan.address),
        phone=plan.phone,
        tty=plan.tty,
        hours=plan.texts.get(language, {}).get("hours") or plan.hours,
        url=sign_in_url(plan.host).rstrip("/"),
        color=plan.color,
        time_zone=plan.time_zone,
        logo_name=plan.logo_name,
        logo=logo,
    )


def _lines(address: str) -> tuple[str, ...]:
    """As it was typed; an address in one line is cut after the street."""
    lines = [line.strip() for line in address.splitlines() if line.strip()]
    if len(lines) == 1:
        street, comma, place = lines[0].partition(", ")
        lines = [street, place] if comma else [street]
    return tuple(lines)


def to_member(member: Member) -> Recipient:
    return Recipient(
        plan_id=member.plan_id,
        member_id=member.pk,
        recipient_id=member.pk,
        holder_id=member.privacy_holder_id,
        language=language_of(member),
        address=address_of(member),
    )


def address_of(member: Member) -> str:
    """The name and the address on file; nothing where no address is."""
    return f"{member.full_name}\n{member.address}" if member.address else ""


def language_of(member: Member) -> str:
    """As in their emails: the language of their account, where they have one."""
    account = getattr(member, "user", None)
    return str(account.language if account else member.language)
