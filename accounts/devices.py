"""Second factors: an authenticator app (TOTP) and printed codes. Neither is kept in the clear."""

import base64
import math
import re
import secrets
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar
from urllib.parse import quote, urlencode
from uuid import UUID

from django.db import models, transaction
from django.utils import timezone
from django_otp.models import Device, ThrottlingMixin
from django_otp.oath import TOTP

from portal.base.crypto.blind import blind_index
from portal.base.crypto.fields import SealedTextField
from portal.base.ids import uuid7

if TYPE_CHECKING:
    from accounts.models import User

Kind = TypeVar("Kind", bound=models.Model)

STEP, DIGITS, TOLERANCE = 30, 6, 1
SECRET_BYTES = 20
CODES, CODE_LENGTH = 10, 10
# No 0, 1, i, l or o: people copy these by hand. 31 ** 10 is nearly 50 bits.
CODE_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"


def tidy_code(text: str) -> str:
    """What a person meant to type: spaces, hyphens and capitals don't count."""
    return re.sub(r"[\s\-\u2010-\u2015]", "", text).casefold()


def new_secret() -> str:
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


class OwnManager(models.Manager[Kind]):
    """The package's manager, with types."""

    def devices_for_user(self, user: Any, confirmed: bool | None = None) -> models.QuerySet[Kind]:
        found = self.filter(user=user)
        return found if confirmed is None else found.filter(confirmed=confirmed)


class OwnDevice(ThrottlingMixin, Device):  # type: ignore[misc]
    """The package's device with a key made in Python, to which the secret is sealed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)
    throttling_failure_timestamp: datetime | None

    class Meta:
        abstract = True

    @property
    def persistent_id(self) -> str:
        # The package looks a device up by int(...) of this, which a UUIDField takes.
        return f"{self.model_label()}/{self.pk.int}"

    def get_throttle_factor(self) -> int:
        return 1

    def verify_is_allowed(self) -> tuple[bool, dict[str, Any] | None]:
        """Also after a clock that ran ahead: nobody waits from a moment that is still to come."""
        now, failed = timezone.now(), self.throttling_failure_timestamp
        if failed and failed > now:
            self.throttling_failure_timestamp = now
            self.save(update_fields=["throttling_failure_timestamp"])
        allowed: tuple[bool, dict[str, Any] | None] = super().verify_is_allowed()
        return allowed

    def verify_token(self, token: str) -> bool:
        """True once for a right code. Call it on a row locked for update."""
        allowed, _why = self.verify_is_allowed()
        if not allowed:
            return False
        if not self.consume(token):
            self.throttle_increment()
            return False
        self.last_used_at = timezone.now()
        self.throttle_reset()
        return True

    def consume(self, token: str) -> bool:
        raise NotImplementedError


class TotpDevice(OwnDevice):
    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="totp_devices")
    holder_id = models.UUIDField()
    secret = SealedTextField(seal_as="totp.secret", holder="holder_id")
    drift = models.SmallIntegerField(default=0)
    # The step of the last code taken: only later ones count, so none works twice.
    last_t = models.BigIntegerField(default=-1)

    objects: ClassVar[OwnManager["TotpDevice"]] = OwnManager()

    class Meta:
        app_label = "accounts"
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(confirmed=False),
                name="one_totp_being_enrolled",
            )
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self._state.adding:
            self.holder_id = self.holder_id or self.user.holder_id
            self.secret = self.secret or new_secret()
        super().save(*args, **kwargs)

    def consume(self, token: str) -> bool:
        if not re.fullmatch(rf"[0-9]{{{DIGITS}}}", token):
            return False
        key = base64.b32decode(self.secret)
        totp = TOTP(key, step=STEP, digits=DIGITS, drift=self.drift)
        totp.time = time.time()
        # A clock that ran ahead took codes of steps still to come: those bind nobody now.
        ahead = self.last_t > totp.t() + TOLERANCE
        if not totp.verify(int(token), TOLERANCE, 0 if ahead else self.last_t + 1):
            return False
        self.last_t, self.drift = totp.t(), totp.drift
        return True

    def address(self, issuer: str, account: str) -> str:
        """What the QR code holds."""
        issuer = issuer.replace(":", "")
        facts = urlencode(
            {"secret": self.secret, "issuer": issuer, "digits": DIGITS, "period": STEP},
            quote_via=quote,
        )
        return f"otpauth://totp/{quote(issuer)}:{quote(account)}?{facts}"

    def typed_secret(self) -> str:
        return " ".join(re.findall(".{1,4}", self.secret))


class PrintedCodes(OwnDevice):
    """One person's sheet of codes."""

    user = models.ForeignKey(
        "accounts.User", on_delete=models.CASCADE, related_name="printed_sheets"
    )

    objects: ClassVar[OwnManager["PrintedCodes"]] = OwnManager()

    class Meta:
        app_label = "accounts"
        constraints = [models.UniqueConstraint(fields=["user"], name="one_sheet_each")]

    def consume(self, token: str) -> bool:
        # Locked with its sheet, and still one row or none if two got here at once.
        waiting = self.codes.filter(mark=self.mark(token), used_at=None)
        return bool(waiting.update(used_at=timezone.now()))

    def mark(self, code: str) -> bytes:
        return blind_index("printed_code", self.pk, code)


class PrintedCode(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    sheet = models.ForeignKey(PrintedCodes, on_delete=models.CASCADE, related_name="codes")
    # A keyed hash: the table alone gives no code away.
    mark = models.BinaryField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "accounts"
        constraints = [models.UniqueConstraint(fields=["sheet", "mark"], name="code_once_on_sheet")]


def pending_totp(user: "User") -> TotpDevice:
    """The app that this person is setting up, with one secret until it is confirmed."""
    device, _made = TotpDevice.objects.get_or_create(
        user=user, confirmed=False, defaults={"name": "app"}
    )
    return device


def forget_pending_totp(user: "User") -> None:
    TotpDevice.objects.filter(user=user, confirmed=False).delete()


@transaction.atomic
def confirm_totp(user: "User", token: str) -> TotpDevice | None:
    """Turn the pending app on with its first code.

    Wrong codes cost no waiting here: the secret stands on the person's own page.
    """
    device: TotpDevice | None = _locked(pending_totp(user))
    # Another window may have turned it on while this one waited for the lock.
    if device is None or device.confirmed or not device.consume(tidy_code(token)):
        return None
    device.confirmed, device.last_used_at = True, timezone.now()
    device.save()
    return device


@transaction.atomic
def print_codes(user: "User", key: UUID | None = None) -> list[str]:
    """New codes in place of all earlier ones. This is the only time that they can be read."""
    PrintedCodes.objects.filter(user=user).delete()
    sheet = PrintedCodes.objects.create(id=key or uuid7(), user=user, name="printed")
    codes = [
        "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH)) for _ in range(CODES)
    ]
    PrintedCode.objects.bulk_create(
        PrintedCode(sheet=sheet, mark=sheet.mark(code)) for code in codes
    )
    half = CODE_LENGTH // 2
    return [f"{code[:half]}-{code[half:]}" for code in codes]


@transaction.atomic
def verify(user: "User", typed: str) -> OwnDevice | None:
    """The device that takes this code, which then works no more.

    The row is locked before it is read: without the lock, 20 submits at once gave 17 acceptances.
    """
    token = tidy_code(typed)
    for known in _kind_of(typed).objects.devices_for_user(user, confirmed=True):
        device: OwnDevice | None = _locked(known)
        if device is not None and device.confirmed and device.verify_token(token):
            return device
    return None


def seconds_to_wait(user: "User", typed: str) -> int:
    """How long codes of this kind are refused unseen, after wrong ones. Doubles with each."""
    waits = [0.0]
    for known in _kind_of(typed).objects.devices_for_user(user, confirmed=True):
        _allowed, why = known.verify_is_allowed()
        if why and "locked_until" in why:
            waits.append((why["locked_until"] - timezone.now()).total_seconds())
    return math.ceil(max(waits))


def _kind_of(typed: str) -> type[OwnDevice]:
    return TotpDevice if len(tidy_code(typed)) == DIGITS else PrintedCodes


def _locked(known: Any) -> Any:
    return Device.from_persistent_id(known.persistent_id, for_verify=True)
