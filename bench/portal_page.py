"""Our side of the records page: the whole stack, as `gunicorn portal.wsgi` runs it."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from portal.wsgi import application  # isort: skip  sets Django up for the imports below

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern
from django_otp import DEVICE_ID_SESSION_KEY

from accounts import actions, devices
from accounts.models import Member, Plan, User, stored_username
from bench.people import claims
from bench.plan import make_plan
from bench.serving import Question, Visitor, answer
from phi_records import access
from phi_records.actions import import_unit
from phi_records.fhir.kinds import CLAIMS
from phi_records.fhir.money import amounts_of
from phi_records.fhir.reader import read
from phi_records.fhir.summaries.titles import title_of
from phi_records.models import RecordItem
from portal.base import context
from portal.base.crypto import keyring

HOST = "cedar.localhost"
ROWS = 20
PATIENT = "5f0c2d5e-0000-5000-8000-00000000bec4"
CSRF = "c" * 32


def _make_member(plan: Plan) -> User:
    with TemporaryDirectory() as folder:
        file = Path(folder, "claims.json")
        file.write_text(claims(ROWS, PATIENT))
        for unit in read([file]):
            import_unit(plan=plan, unit=unit, feed="Bench")
    with context.system("bench", plan.pk):
        user = User(
            plan=plan,
            username=stored_username(plan.slug, "bo.bench"),
            role="member",
            member=Member.objects.get(plan=plan),
            holder_id=keyring.create_holder("person", plan.pk),
            display_name="Bo Bench",
        )
        user.set_unusable_password()
        user.save()
        device = devices.pending_totp(user)
        device.confirmed = True
        device.save(update_fields=["confirmed"])
    return user


def _sign_in(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session[DEVICE_ID_SESSION_KEY] = user.totp_devices.get().persistent_id
    actions.start_session(session, user)
    session.save()
    cookies = {settings.SESSION_COOKIE_NAME: session.session_key, settings.CSRF_COOKIE_NAME: CSRF}
    return "; ".join(f"{name}={value}" for name, value in cookies.items())


def _shown(user: User) -> list[dict[str, object]]:
    """What the page needs of each record, for the other side's plain columns."""
    bound = context.AccessContext(
        plan_id=user.plan_id, user_id=user.pk, role=user.role, member_id=user.member_id
    )
    with transaction.atomic(), context.bind(bound):
        return [_plain(row) for row in access.items_of_kind(user, CLAIMS, "1").object_list]


def _plain(row: RecordItem) -> dict[str, object]:
    resource = access.resource_of(row)
    amounts = amounts_of(resource)
    return {
        "id": row.pk,
        "happened_on": row.happened_on,
        "service": title_of(resource).partition(": ")[2],
        "owed": amounts.get("you_owe").get("USD"),
        "paid": amounts.get("paid").get("USD"),
        "outcome": "refused" if amounts.refused else resource["outcome"],
        "source": row.feed,
    }


def _routes(
    patterns: list[URLPattern | URLResolver], space: str = "", prefix: str = ""
) -> Iterator[tuple[str, str, str]]:
    """Namespace, name and route of every page."""
    for one in patterns:
        if not isinstance(one.pattern, RoutePattern):
            continue
        route = f"{prefix}{one.pattern}"
        if isinstance(one, URLResolver):
            yield from _routes(one.url_patterns, one.namespace or space, route)
        elif one.name:
            yield space, one.name, route


class _Page:
    visitor: Visitor

    def handle(self, question: Question) -> Question:
        if question["do"] == "prepare":
            user = _make_member(make_plan("cedar"))
            path = f"/records/kinds/{CLAIMS.slug}/"
            self.visitor = Visitor(application, path=path, host=HOST, cookie=_sign_in(user))
            routes = list(_routes(get_resolver().url_patterns))
            return {"rows": _shown(user), "path": path, "host": HOST, "routes": routes}
        if question["do"] == "page":
            return {"html": self.visitor.page().decode()}
        return self.visitor.go(question["count"])


if __name__ == "__main__":
    answer(_Page().handle)
