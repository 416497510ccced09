"""What accounts write to people: how they sign in has changed, and the links and codes for it.

A mail is written when it goes out, so neither a link nor a code waits in the queue.
"""

from datetime import timedelta
from typing import Any

from allauth.account.forms import default_token_generator
from django.urls import reverse
from django.utils import timezone

from accounts import access
from accounts.models import User
from portal.base.outbox import sender, texts
from portal.base.outbox.announce import Kind
from portal.base.outbox.models import Mail
from portal.base.outbox.texts import MailText

# A link that comes hours after it was asked for only worries people.
LINK_WAITS = timedelta(hours=1)


def register() -> None:
    texts.register(Kind.PASSWORD_RESET, reset_link)
    texts.register(Kind.PASSWORD_CHANGED, password_changed)
    texts.register(Kind.SECOND_STEP_CHANGED, second_step_changed)
    texts.register(Kind.NEW_BROWSER, new_browser)
    texts.register(Kind.EMAIL_CODE, email_code)
    texts.register(Kind.EMAIL_CHANGED, email_changed)
    texts.register(Kind.EMAIL_LEFT, email_left)


def reset_link(mail: Mail, person: User) -> MailText | None:
    if timezone.now() - mail.created_at > LINK_WAITS:
        return None
    name = "password_reset" if person.has_usable_password() else "first_password"
    return MailText(name, {"link": password_link(person), "user_id": person.user_id})


def password_link(person: User) -> str:
    """Lets them choose a password: once, and for as long as PASSWORD_RESET_TIMEOUT says."""
    key = default_token_generator.make_token(person)
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": person.pk.hex, "key": key})
    return sender.sign_in_url(person.plan.host).rstrip("/") + path


def password_changed(mail: Mail, person: User) -> MailText:
    return _told(person, "password_changed", at=mail.created_at)


def second_step_changed(mail: Mail, person: User) -> MailText:
    return _told(person, "second_step_changed", at=mail.created_at)


def new_browser(mail: Mail, person: User) -> MailText | None:
    browser = access.known_browser(person, mail.event_id)
    if browser is None:
        return None
    return _told(person, "new_browser", at=browser.first_seen_at, browser=browser.name)


def email_code(mail: Mail, person: User) -> MailText | None:
    change = access.email_change(person, mail.event_id)
    if change is None or change.confirmed_at or not access.is_open(change):
        return None
    return MailText("email_code", {"code": access.code_of(change)}, to=change.new_email)


def email_changed(mail: Mail, person: User) -> MailText | None:
    return _told_of_change(mail, person, "new_email")


def email_left(mail: Mail, person: User) -> MailText | None:
    return _told_of_change(mail, person, "old_email")


def _told_of_change(mail: Mail, person: User, which: str) -> MailText | None:
    change = access.email_change(person, mail.event_id)
    to: Any = change and getattr(change, which)
    return _told(person, "email_changed", to=to, at=mail.created_at) if to else None


def _told(person: User, name: str, *, to: str = "", **words: Any) -> MailText:
    """A change, and where to go when it was someone else: a page, so that no id is in a mail."""
    page = sender.sign_in_url(person.plan.host).rstrip("/") + reverse("account-not-me")
    return MailText(name, {"not_me_url": page, **words}, to=to)
