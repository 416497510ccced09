"""The people of a demo plan, as they sign in."""

from dataclasses import dataclass, replace

from django.conf import settings

from accounts.models import User
from tests.browser.visitor import Visitor


@dataclass(frozen=True)
class Person:
    user_id: str
    name: str
    secret: str
    given_name: str = ""
    number: str = ""

    def sign_in(self, at: Visitor) -> None:
        at.sign_in(self.user_id, settings.DEMO_PASSWORD, self.secret)

    def sign_in_here(self, at: Visitor) -> None:
        at.sign_in_here(self.user_id, settings.DEMO_PASSWORD, self.secret)


def person(user: User, secret: str) -> Person:
    known = Person(user.user_id, user.display_name, secret)
    if user.member is None:
        return known
    return replace(known, given_name=user.member.given_name, number=user.member.member_number)
