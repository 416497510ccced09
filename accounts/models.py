from datetime import date
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils import timezone

from portal.base.clock.days import Calendar
from portal.base.crypto.errors import KeyDestroyed
from portal.base.crypto.fields import (
    BlindIndexField,
    IdentifyingTextField,
    SealedDateField,
    SealedTextField,
)
from portal.base.crypto.shown import destroyed
from portal.base.ids import uuid7
from portal.base.words import unturned


class Role(models.TextChoices):
    MEMBER = "member"
    REPRESENTATIVE = "representative"
    CARE_WORKER = "care_worker"
    SUPERVISOR = "supervisor"
    PRIVACY_OFFICER = "privacy_officer"
    PLAN_ADMIN = "plan_admin"
    OPERATOR = "operator"


# A role that is added later is no staff until it stands here: unknown means no.
STAFF_ROLES = frozenset(
    {Role.CARE_WORKER, Role.SUPERVISOR, Role.PRIVACY_OFFICER, Role.PLAN_ADMIN, Role.OPERATOR}
)


def both_languages() -> list[str]:
    return ["en", "es"]


class Plan(models.Model):
    """A covered entity whose portal this is, found by its host name."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.SlugField(max_length=40, unique=True)
    host = models.CharField(max_length=200, unique=True)
    name = models.CharField(max_length=120)
    short_name = models.CharField(max_length=40)
    phone = models.CharField(max_length=30)
    tty = models.CharField(max_length=30, default="711")
    hours = models.CharField(max_length=120)
    address = models.TextField()
    time_zone = models.CharField(max_length=60, default="America/New_York")
    # Whose law holds beside federal law, as the post writes it: NC. Empty: no state's own.
    state = models.CharField(max_length=2, blank=True)
    color = models.CharField(max_length=7, default="#1c5048")
    # {language: [{"label", "tel", "sms", "note"}]}: a state's own lines can stand here.
    crisis_lines = models.JSONField(default=dict)
    # {language: {"hours", "reply_promise", "footer_notice"}}: its own words, where it has some.
    texts = models.JSONField(default=dict)
    languages = models.JSONField(default=both_languages)
    reply_days = models.PositiveSmallIntegerField(default=2)
    # {"2026-11-27": "Day after Thanksgiving"}: when it is closed, beside the federal holidays.
    own_holidays = models.JSONField(default=dict)
    # The picture itself is apart, so that no page reads it with the plan.
    logo_name = models.CharField(max_length=40, blank=True)
    logo_width = models.PositiveSmallIntegerField(default=0)
    logo_height = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(color__regex=r"^#[0-9a-f]{6}$"), name="plan_color_is_hex"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def calendar(self) -> Calendar:
        closed = frozenset(date.fromisoformat(day) for day in self.own_holidays)
        return Calendar(self.time_zone, closed)


class PlanLogo(models.Model):
    """A plan's picture, at an address that changes with it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    plan = models.OneToOneField(Plan, on_delete=models.CASCADE)
    name = models.CharField(max_length=40)
    content = models.BinaryField()


MEMBER_NUMBER_LENGTH = 200
"""What an import takes and forms ask for: some are made of an address and a number."""


class Member(models.Model):
    """A person in one plan. The same human in two plans is two members."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    record_holder_id = models.UUIDField()
    privacy_holder_id = models.UUIDField()
    given_name = SealedTextField(seal_as="member.given_name", holder="privacy_holder_id")
    family_name = SealedTextField(seal_as="member.family_name", holder="privacy_holder_id")
    birth_date = SealedDateField(seal_as="member.birth_date", holder="privacy_holder_id")
    member_number = SealedTextField(seal_as="member.number", holder="privacy_holder_id")
    # None once the key of the privacy file was destroyed: the number must not be guessable.
    member_number_index = BlindIndexField(
        source="member_number", seal_as="member.number", null=True
    )
    # Where mail reaches them, line by line. None: the plan's source told of no address.
    address = SealedTextField(seal_as="member.address", holder="privacy_holder_id", null=True)
    language = models.CharField(max_length=10, default="en")
    deceased = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "member_number_index"], name="member_number_once_in_plan"
            )
        ]

    @property
    def full_name(self) -> str:
        try:
            return unturned(f"{self.given_name} {self.family_name}")
        except KeyDestroyed as gone:
            return destroyed(gone)


class UserManager(BaseUserManager["User"]):
    def in_plan(self, plan: Plan, user_id: str) -> "User | None":
        """The account with this User ID in this plan; unique there, whatever other plans hold."""
        return self.filter(username=stored_username(plan.slug, user_id)).first()


def stored_username(plan_slug: str, user_id: str) -> str:
    return f"{plan_slug}:{user_id.strip().casefold()}"


class Look(models.TextChoices):
    """How a person wants colors; nothing means as their device says."""

    LIGHT = "light"
    DARK = "dark"


class User(AbstractBaseUser):  # type: ignore[django-manager-missing]
    """Someone who signs in, in one plan, with one role. Holds no PHI: read before sign-in."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT)
    username = models.CharField(max_length=200, unique=True)
    email = models.EmailField(blank=True)
    role = models.CharField(max_length=20, choices=Role)
    member = models.OneToOneField(Member, null=True, blank=True, on_delete=models.PROTECT)
    holder_id = models.UUIDField()
    display_name = SealedTextField(seal_as="user.display_name", holder="holder_id")
    title = models.CharField(max_length=80, blank=True)
    language = models.CharField(max_length=10, default="en")
    look = models.CharField(max_length=5, choices=Look, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(role__in=[role.value for role in Role]), name="user_role_known"
            )
        ]

    @property
    def user_id(self) -> str:
        return self.username.partition(":")[2]

    @property
    def is_staff_role(self) -> bool:
        return self.role in STAFF_ROLES

    def has_usable_second_factor(self) -> bool:
        return self.totp_devices.filter(confirmed=True).exists()

    def get_full_name(self) -> str:
        return str(self.display_name)


class Registration(models.Model):
    """What someone told, when their account was made, to say who they are. For staff.

    It serves to know who they are, and nothing else (promise AM14): the fields open for no other
    purpose, and `consents.identifying` is the one place that reads them.
    """

    user = models.OneToOneField(User, on_delete=models.PROTECT, primary_key=True, related_name="+")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    holder_id = models.UUIDField()
    legal_name = IdentifyingTextField(seal_as="registration.legal_name", holder="holder_id")
    site = IdentifyingTextField(seal_as="registration.site", holder="holder_id")
    tax_id = IdentifyingTextField(seal_as="registration.tax_id", holder="holder_id")
    told_at = models.DateTimeField(auto_now_add=True)


class CareTeam(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT)
    name = models.CharField(max_length=120)
    care_type = models.CharField(max_length=120)
    place = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "name"], name="team_name_once_in_plan")
        ]


class TermQuerySet(models.QuerySet[Any]):
    def current(self) -> "TermQuerySet":
        """Those that have begun and not ended: what has ended counts no more from then on."""
        now = timezone.now()
        return self.filter(models.Q(until=None) | models.Q(until__gt=now), since__lte=now)

    def over(self) -> "TermQuerySet":
        """Those that have ended of themselves, and nothing was stopped yet."""
        return self.filter(until__lte=timezone.now(), stopped_at=None)


class TeamSeat(models.Model):
    """A staff member's place on a team, from one time to another."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT)
    team = models.ForeignKey(CareTeam, on_delete=models.PROTECT, related_name="seats")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="seats")
    since = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True)
    # When what went on with it was stopped: at once by a command, else by the first sweep after it.
    stopped_at = models.DateTimeField(null=True)

    objects = TermQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "user"], name="one_seat_each", condition=models.Q(until=None)
            )
        ]


class TeamAssignment(models.Model):
    """That a team cares for a member, from one time to another: "on the member's team"."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="assignments")
    team = models.ForeignKey(CareTeam, on_delete=models.PROTECT, related_name="assignments")
    since = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True)
    # When what went on with it was stopped: at once by a command, else by the first sweep after it.
    stopped_at = models.DateTimeField(null=True)

    objects = TermQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "member", "team"],
                name="assigned_once",
                condition=models.Q(until=None),
            )
        ]


class KnownBrowser(models.Model):
    """A browser in which this person once passed both steps.

    Strangers who guess passwords can use up the tries of a User ID; they can't use up hers there.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="known_browsers")
    # A keyed hash of the cookie: a family may share a browser, and so its cookie.
    mark = models.BinaryField()
    name = models.CharField(max_length=80)
    first_seen_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "mark"], name="browser_known_once")]


class SignIn(models.Model):
    """One session, from sign-in to its end: the gate asks for it with each request."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sign_ins")
    browser = models.CharField(max_length=80)
    started_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["user"], name="open_sign_ins", condition=models.Q(ended_at__isnull=True)
            )
        ]


class EmailChange(models.Model):
    """A wish for another e-mail address. It counts once a code sent there comes back."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="email_changes")
    holder_id = models.UUIDField()
    old_email = SealedTextField(seal_as="email_change.old", holder="holder_id")
    new_email = SealedTextField(seal_as="email_change.new", holder="holder_id")
    asked_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    confirmed_at = models.DateTimeField(null=True)


# Last, because they point to User: Django looks for models here.
from accounts.devices import PrintedCode, PrintedCodes, TotpDevice  # noqa: E402, F401
