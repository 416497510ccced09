"""On paper: something new waits, for a member whom no email reaches. As in the email, not what."""

from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import access as accounts_access
from accounts import paper
from accounts.models import Member
from consents.rules import Purpose
from portal.base import context
from portal.base.crypto.errors import KeyDestroyed
from portal.base.letters import kinds, queue
from portal.base.letters.kinds import Block, Kind, Need, Sender, Text
from portal.base.letters.models import Letter
from portal.base.outbox import texts
from portal.base.outbox.announce import Kind as MailKind
from portal.base.outbox.models import Mail

WAITS = "something_waits"
# The reader's own: told to them, of what is theirs (45 CFR 164.502(a)(1)(i)).
BASIS = "to_the_member"
HOW_TO_READ = Need(
    "how_to_read",
    gettext_lazy("How to read what is new"),
    gettext_lazy("Ask an operator to set the address of the plan's portal."),
)


def register() -> None:
    label = gettext_lazy("Something new in the portal")
    kinds.register(Kind(WAITS, label, something_waits, (HOW_TO_READ,)))
    texts.register_on_paper(MailKind.MESSAGE_ANSWERED, instead_of)
    texts.register_on_paper(MailKind.FILE_STOPPED, instead_of)


def instead_of(mail: Mail) -> None:
    """The mail about this message was given up."""
    member = accounts_access.member_written_to(mail.plan_id, mail.recipient_id)
    if member is not None:
        tell(member, mail.event_id)


def tell(member: Member, message_id: UUID) -> None:
    with context.about_member(member.pk, purpose=Purpose.MAILING, basis=BASIS):
        try:
            queue.write(to=paper.to_member(member), kind=WAITS, event_id=message_id)
        except KeyDestroyed:
            # Nothing is left to read.
            return


def something_waits(letter: Letter, sender: Sender) -> Text:
    plan = {"plan": sender.name, "url": sender.url}
    hello = _("Hello,") if letter.by_hand else _("Hello %(name)s,") % {"name": letter.name}
    return Text(
        title=_("Something new waits for you"),
        blocks=(
            Block(
                (
                    hello,
                    _("You have something new in your member portal at %(plan)s.") % plan,
                    _(
                        "To keep your information private, this letter does not say what it is. "
                        "You can see it when you sign in."
                    ),
                )
            ),
            Block(
                (
                    _("On a phone or computer, go to %(url)s") % plan,
                    _("Sign in with your User ID and password."),
                    _("Look at the top of the first page."),
                ),
                heading=_("How to see it"),
                part=HOW_TO_READ.part if sender.url else "",
                steps=True,
            ),
            Block(
                (
                    _(
                        "We wrote on paper because our email could not reach you. To get an email "
                        "next time, sign in, open “Your account” and add your email."
                    ),
                ),
                heading=_("Why a letter?"),
            ),
            Block(
                (_("Call us at the number below. We can help you."),),
                heading=_("You have no internet, or can't sign in?"),
            ),
        ),
    )
