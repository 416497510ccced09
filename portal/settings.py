"""Settings, all from the environment; unsafe values stop the boot."""

import base64
import binascii
import os
import re
import ssl
from email.utils import parseaddr
from ipaddress import ip_address
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

from portal.base import logs

BASE_DIR = Path(__file__).resolve().parent.parent


def optional(name: str) -> str:
    value = os.environ.get(name, "")
    if not value and os.environ.get(f"{name}_FILE"):
        try:
            value = Path(os.environ[f"{name}_FILE"]).read_text().strip()
        except (OSError, ValueError) as error:
            raise ImproperlyConfigured(f"{name}_FILE can't be read as text.") from error
    return value


def required(name: str) -> str:
    value = optional(name)
    if not value:
        raise ImproperlyConfigured(f"Set {name} (or {name}_FILE): see .env.example.")
    return value


def flag(name: str, default: bool = False) -> bool:
    value = os.environ.get(name, "1" if default else "0").lower()
    if value not in {"0", "1", "true", "false"}:
        raise ImproperlyConfigured(f"{name} is {value!r}: use 1 or 0.")
    return value in {"1", "true"}


def number(name: str, default: int, low: int, high: int) -> int:
    value = os.environ.get(name) or str(default)
    if not value.isdecimal() or not low <= int(value) <= high:
        raise ImproperlyConfigured(f"{name} is {value!r}: use a number from {low} to {high}.")
    return int(value)


def trivial(value: bytes) -> bool:
    """Nobody drew this at random: one letter over and over, a short word repeated, or 0, 1, 2."""
    steps = {after - before for before, after in pairwise(value)}
    return len(steps) < 8 or len(set(pairwise(value))) < 20


def key(value: str, name: str) -> str:
    """A base64 text of exactly 32 bytes, as AES-256 and Ed25519 need."""
    try:
        decoded = base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise ImproperlyConfigured(f"{name} is not base64.") from error
    if len(decoded) != 32:
        raise ImproperlyConfigured(f"{name} holds {len(decoded)} bytes: 32 are needed.")
    # A word that someone typed, long enough by chance: no one draws 32 such bytes.
    if trivial(decoded) or (decoded.isascii() and decoded.decode().isprintable()):
        raise ImproperlyConfigured(
            f"{name} holds a key that is easily guessed: draw one at random."
        )
    return value


def address(name: str, url: str, schemes: tuple[str, ...]) -> tuple[SplitResult, dict[str, str]]:
    """A URL and what its query asks for. No message holds the URL: a password stands in it."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        # Without what was raised: it quotes the URL.
        raise ImproperlyConfigured(
            f"{name} is no address. In a password, write / as %2F, # as %23, @ as %40, [ as %5B."
        ) from None
    if parts.scheme not in schemes:
        raise ImproperlyConfigured(
            f"{name} starts with {' or '.join(f'{one}://' for one in schemes)}"
        )
    if "#" in url:
        raise ImproperlyConfigured(f"{name} holds a #: write %23.")
    asked = parse_qsl(parts.query, keep_blank_values=True)
    if len(dict(asked)) < len(asked):
        raise ImproperlyConfigured(f"{name} asks for the same thing twice.")
    return parts, dict(asked)


def only(name: str, asked: dict[str, str], known: set[str]) -> None:
    """What would be dropped in silence, such as a misspelt sslmode, stops the boot."""
    if unknown := asked.keys() - known:
        raise ImproperlyConfigured(
            f"{name} asks for what isn't known: {', '.join(sorted(unknown))}."
        )


def readable(name: str, asked: dict[str, str], files: set[str]) -> dict[str, str]:
    """Certificates and keys: one that isn't there would be told as a server that doesn't answer."""
    given = {one: asked[one] for one in files & asked.keys()}
    for one, path in given.items():
        if not (Path(path).is_absolute() and os.path.isfile(path) and os.access(path, os.R_OK)):
            raise ImproperlyConfigured(f"{name}: {one} is no file that this user can read.")
    return given


def database(url: str, name: str = "DATABASE_URL") -> dict[str, Any]:
    parts, asked = address(name, url, ("postgresql", "postgres"))
    only(name, asked, {"sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout"})
    if asked.get("sslmode", "prefer") not in SSL_MODES:
        raise ImproperlyConfigured(f"{name}: sslmode is one of {', '.join(SSL_MODES)}.")
    away = parts.hostname and not loopback(parts.hostname)
    # Less would go on with whoever answers under that address.
    if away and not (asked.get("sslmode") == "verify-full" and asked.get("sslrootcert")):
        raise ImproperlyConfigured(
            f"{name} leads to another machine: it needs sslmode=verify-full, and sslrootcert= with "
            "the file of the authority that signed the database's certificate."
        )
    readable(name, asked, {"sslrootcert", "sslcert", "sslkey"})
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or 5432),
        "OPTIONS": asked,
    }


def loopback(host: str) -> bool:
    """Whether this name or address is this machine, as far as can be told without asking."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
DEMO = flag("DEMO")
DEBUG = flag("DEBUG")
TESTING = flag("TESTING")
# One for all made-up people, printed for everyone who starts a demo.
DEMO_PASSWORD = "Made-up people only 7" if DEMO else ""
PUBLIC_SCHEME = os.environ.get("PUBLIC_SCHEME", "https")
BASE_DOMAIN = os.environ.get("BASE_DOMAIN") or "localhost"
PORT = str(number("PORT", 8000, 1, 65535))
if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", BASE_DOMAIN):
    raise ImproperlyConfigured(f"BASE_DOMAIN is {BASE_DOMAIN!r}: use a name such as example.org.")
if PUBLIC_SCHEME not in {"http", "https"}:
    raise ImproperlyConfigured("PUBLIC_SCHEME is http or https.")
if PUBLIC_SCHEME == "http" and BASE_DOMAIN != "localhost":
    raise ImproperlyConfigured("PUBLIC_SCHEME=http is for localhost alone.")
if DEMO and not f".{BASE_DOMAIN}".endswith(".localhost"):
    raise ImproperlyConfigured("DEMO shows passwords and codes to everyone: localhost alone.")
if TESTING and not DEMO:
    raise ImproperlyConfigured("TESTING lifts limits for tests: it needs DEMO=1.")
if DEBUG and not DEMO:
    raise ImproperlyConfigured("DEBUG shows private data on error pages: it needs DEMO=1.")

SECRET_KEY = required("SECRET_KEY")
if len(SECRET_KEY) < 50:
    raise ImproperlyConfigured("SECRET_KEY needs at least 50 characters.")
if trivial(SECRET_KEY.encode()) or SECRET_KEY.startswith("django-insecure-"):
    raise ImproperlyConfigured("SECRET_KEY is easily guessed: draw one at random.")
KEY_RING = [key(part.strip(), "KEY_RING") for part in required("KEY_RING").split(",")]
BLIND_KEY = key(required("BLIND_KEY"), "BLIND_KEY")
# Only what seals needs the signing key; what checks needs a public key alone.
LOG_PUBLIC_KEYS = [
    key(part.strip(), "LOG_PUBLIC_KEY") for part in optional("LOG_PUBLIC_KEY").split(",") if part
]
_signing = optional("LOG_SIGNING_KEY") if LOG_PUBLIC_KEYS else required("LOG_SIGNING_KEY")
LOG_SIGNING_KEY = key(_signing, "LOG_SIGNING_KEY") if _signing else ""
# A public key given twice does no harm; one value in two roles does.
_keys = [*KEY_RING, BLIND_KEY, *filter(None, [LOG_SIGNING_KEY]), *set(LOG_PUBLIC_KEYS)]
if len({base64.b64decode(one) for one in _keys}) < len(_keys):
    raise ImproperlyConfigured(
        "Two of KEY_RING, BLIND_KEY, LOG_SIGNING_KEY and LOG_PUBLIC_KEY are the same key."
    )
LOG_ANCHOR_PATH = Path(required("LOG_ANCHOR_PATH"))
if not LOG_ANCHOR_PATH.is_absolute():
    raise ImproperlyConfigured("LOG_ANCHOR_PATH starts with /: each process must find one file.")
# The package reads a key at import; our fields never use it (portal/base/crypto).
FIELD_ENCRYPTION_KEY = base64.urlsafe_b64encode(b"\0" * 32).decode()

# Metrics are there for whoever knows this, and for nobody without it.
METRICS_TOKEN = optional("METRICS_TOKEN")
if METRICS_TOKEN and not (METRICS_TOKEN.isascii() and METRICS_TOKEN.isprintable()):
    raise ImproperlyConfigured("METRICS_TOKEN goes in a header: plain letters and signs alone.")
if METRICS_TOKEN and (len(METRICS_TOKEN) < 32 or trivial(METRICS_TOKEN.encode())):
    raise ImproperlyConfigured(
        "METRICS_TOKEN is easily guessed: draw one at random, of 32 characters or more."
    )
if METRICS_TOKEN in {SECRET_KEY, *_keys}:
    raise ImproperlyConfigured("METRICS_TOKEN is a key in another role: draw one of its own.")

# A plan is found by its host name, so the plans' table decides, not this list.
ALLOWED_HOSTS = [BASE_DOMAIN, f".{BASE_DOMAIN}"]
TRUSTED_PROXIES = number("TRUSTED_PROXIES", 0, 0, 10)
# Of a form, in bytes. deploy/nginx/portal.conf names the same.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
# One file with a form (portal/base/files/checks.py says how large), never on a disk as it came.
DATA_UPLOAD_MAX_NUMBER_FILES = 1
FILE_UPLOAD_HANDLERS = ["portal.base.files.uploads.InMemory"]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "django_otp",
    "portal.base",
    "accounts",
    "consents",
    "disclosures",
    "phi_records",
    "messaging",
    "portal",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    # Outside of all that may answer by itself: each answer leaves with these headers.
    "portal.middleware.security_headers",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portal.middleware.request_transaction",
    "portal.middleware.plan_of_host",
    "portal.middleware.plan_files",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "portal.middleware.language_of_plan",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "portal.middleware.SignInFirst",
    "portal.middleware.AccessMiddleware",
    "portal.read_only.ReadOnlyMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "portal.middleware.not_allowed_page",
]
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.frame.frame",
            ],
        },
    }
]

DATABASES = {"default": database(required("DATABASE_URL"))}
# Inside the request's transaction the view has a savepoint: a refusal undoes what it wrote.
DATABASES["default"]["ATOMIC_REQUESTS"] = True
DATABASES["default"]["OPTIONS"]["pool"] = {
    "min_size": 1,
    "max_size": number("DATABASE_POOL", 8, 1, 1000),
    "timeout": 5,
    # After this the next request tries anew. The usual 5 minutes double their pauses, so that a
    # server that came back would go unnoticed for up to a minute.
    "reconnect_timeout": 1,
}
# Pages alone have it: an import or a backup may take as long as it takes.
if _patience := number("PAGE_SECONDS", 0, 0, 3600):
    DATABASES["default"]["OPTIONS"]["options"] = f"-c statement_timeout={_patience}s"
# A connection that died with the server is replaced before a request gets it.
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
if _owner := optional("DATABASE_OWNER_URL"):
    DATABASES["owner"] = database(_owner, "DATABASE_OWNER_URL")
REDIS_URL = os.environ.get("REDIS_URL", "")
CELERY_BROKER_USE_SSL: dict[str, Any] | bool = False
if REDIS_URL:
    _redis, _asked = address("REDIS_URL", REDIS_URL, ("redis", "rediss"))
    _files = {"ssl_ca_certs", "ssl_certfile", "ssl_keyfile"}
    if _redis.scheme == "redis" and not loopback(_redis.hostname or "localhost"):
        raise ImproperlyConfigured("REDIS_URL leads to another machine: it needs rediss://.")
    only("REDIS_URL", _asked, {"ssl_cert_reqs", *_files} if _redis.scheme == "rediss" else set())
    if _asked.get("ssl_cert_reqs", "required") != "required":
        raise ImproperlyConfigured(
            "REDIS_URL: with another ssl_cert_reqs than required, anyone can answer in its place."
        )
    if _redis.scheme == "rediss":
        # Said in full: of an address that asks for nothing, Celery would check no certificate.
        CELERY_BROKER_USE_SSL = {
            **readable("REDIS_URL", _asked, _files),
            "ssl_cert_reqs": ssl.CERT_REQUIRED,
            "ssl_check_hostname": True,
        }

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.signin.PlanBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"accounts.passwords.{name}"} for name in ("LongEnough", "HardToGuess", "NotAboutYou")
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"

ACCOUNT_ADAPTER = "accounts.signin.Adapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False
PASSWORD_RESET_TIMEOUT = 60 * 60
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_REDIRECT_URL = "signed-out"
ACCOUNT_FORMS = {
    "login": "accounts.forms.SignInForm",
    "reset_password_from_key": "accounts.forms.PasswordFromLinkForm",
}
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_USERNAME_VALIDATORS = "accounts.signin.username_validators"
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES

OTP_TOTP_ISSUER = "Member portal"

# Tests don't wait five minutes for a session to end.
IDLE_SECONDS = number("IDLE_SECONDS", 15 * 60, 1 if TESTING else 5 * 60, 30 * 60)
SESSION_TOTAL_SECONDS = 12 * 60 * 60
# How long the addresses that people signed in from are kept.
SECURITY_DAYS = number("SECURITY_DAYS", 90, 1, 3650)
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = IDLE_SECONDS
SESSION_SAVE_EVERY_REQUEST = True
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
# Chrome, Edge and Firefox count *.localhost as secure, so even the demo has these.
SESSION_COOKIE_NAME = "__Host-session"
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
# In the session, not in a cookie of its own that anyone who holds it can read.
MESSAGE_STORAGE = "portal.base.said_once.SaidOnce"
CSRF_FAILURE_VIEW = "portal.views.csrf_failure"
CSRF_COOKIE_NAME = "__Host-csrf"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
LOOK_COOKIE_NAME = "__Host-look"
LANGUAGE_COOKIE_NAME = "__Host-language"
LANGUAGE_COOKIE_SECURE = True
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"

SECURE_SSL_REDIRECT = PUBLIC_SCHEME == "https"
SECURE_HSTS_SECONDS = 31_536_000 if PUBLIC_SCHEME == "https" else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PUBLIC_SCHEME == "https"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "object-src": ["'none'"],
    }
}

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "base_cache",
    }
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["portal.base.formats"]
TIME_ZONE = "UTC"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(os.environ.get("STATIC_ROOT") or BASE_DIR / "staticfiles")
STORAGES = {
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
}
if DEBUG or TESTING:
    STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    WHITENOISE_USE_FINDERS = True
# The certificate that the proxy shows, so that `doctor` can say when it ends.
CERTIFICATE_PATH = os.environ.get("CERTIFICATE_PATH", "")
FILES_ROOT = Path(os.environ.get("FILES_ROOT") or BASE_DIR / ".run" / "files")
_place = FILES_ROOT.resolve()
if not FILES_ROOT.is_absolute() or {STATIC_ROOT.resolve(), BASE_DIR.resolve() / "static"} & {
    _place,
    *_place.parents,
}:
    raise ImproperlyConfigured("FILES_ROOT starts with / and isn't in a folder that anyone reads.")

# The virus scanner that looks at what people upload. Without it nobody can, except in a demo.
CLAMD_URL = os.environ.get("CLAMD_URL", "")
if CLAMD_URL and not re.fullmatch(r"unix:///\S+|tcp://[\w.-]+:\d{1,5}", CLAMD_URL):
    raise ImproperlyConfigured("CLAMD_URL is unix:///path/to/clamd.ctl or tcp://host:port.")
if CLAMD_URL.startswith("tcp:") and not loopback(urlsplit(CLAMD_URL).hostname or ""):
    raise ImproperlyConfigured(
        "CLAMD_URL sends files in the clear to another machine: clamd speaks no TLS."
    )

_email, _asked = address(
    "EMAIL_URL",
    os.environ.get("EMAIL_URL") or "smtp://localhost:25",
    ("smtp", "smtp+starttls", "smtps"),
)
only("EMAIL_URL", _asked, set())
_signs_in = bool(_email.username or _email.password)
if _email.scheme == "smtp" and _signs_in and not loopback(_email.hostname or "localhost"):
    raise ImproperlyConfigured(
        "EMAIL_URL sends its password in the clear to another machine: write smtp+starttls:// or "
        "smtps:// instead of smtp://."
    )
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = _email.hostname or "localhost"
EMAIL_PORT = _email.port or 25
EMAIL_HOST_USER = unquote(_email.username or "")
EMAIL_HOST_PASSWORD = unquote(_email.password or "")
EMAIL_USE_TLS = _email.scheme == "smtp+starttls"
EMAIL_USE_SSL = _email.scheme == "smtps"
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL") or "no-reply@portal.example"
# Who is told when a unit fails.
OPERATOR_EMAIL = os.environ.get("OPERATOR_EMAIL", "")
for _name, _address in (
    ("DEFAULT_FROM_EMAIL", parseaddr(DEFAULT_FROM_EMAIL)[1]),
    ("OPERATOR_EMAIL", OPERATOR_EMAIL),
):
    try:
        if _address or _name == "DEFAULT_FROM_EMAIL":
            validate_email(_address)
    except ValidationError as error:
        raise ImproperlyConfigured(f"{_name} is one email address.") from error
if not DEFAULT_FROM_EMAIL.isprintable():
    raise ImproperlyConfigured("DEFAULT_FROM_EMAIL is one line.")

# What the address asks for would go before CELERY_BROKER_USE_SSL.
CELERY_BROKER_URL = REDIS_URL.partition("?")[0]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "unacked_restore_interval": 2,
    "unacked_restore_throttle": 1,
    "visibility_timeout": 600,
    "socket_timeout": 0.2,
    "socket_connect_timeout": 0.2,
    # One try: a person waits for it (with the usual ones it took 6 s), and beat sweeps anyway.
    "max_retries": 0,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
}
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    # One that nobody took in time is dropped: the next is there, and a queue of them helps no one.
    "sweep-outbox": {
        "task": "portal.base.tasks.sweep_outbox",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "seal-audit": {
        "task": "portal.base.tasks.seal_audit",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "run-jobs": {
        "task": "portal.base.tasks.run_jobs",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "scan-files": {
        "task": "portal.base.tasks.scan_files",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "expire-jobs": {"task": "portal.base.tasks.expire_jobs", "schedule": 3600.0},
    "expire-approvals": {"task": "portal.base.tasks.expire_approvals", "schedule": 3600.0},
    "purge-security": {"task": "portal.base.tasks.purge_security", "schedule": 3600.0},
    "end-team-terms": {
        "task": "accounts.tasks.end_team_terms",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "watch-refusals": {
        "task": "disclosures.tasks.watch_refusals",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "sweep-files": {"task": "portal.base.tasks.sweep_files", "schedule": 3600.0},
    "tell-what-is-due": {
        "task": "portal.base.tasks.tell_what_is_due",
        "schedule": 900.0,
        "options": {"expires": 900},
    },
}

logs.configure()
LOGGING = logs.CONFIG
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
