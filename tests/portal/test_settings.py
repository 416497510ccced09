"""What the environment says is taken as it is meant, or stops the boot."""

import base64
import hashlib
import runpy
import secrets
import ssl
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal.base.embedded.place import CHECKOUT

# Names of tests hold them, so they are the same in every process.
KEY, OTHER, LONG = (
    base64.b64encode(hashlib.sha256(word).digest()).decode() for word in (b"one", b"two", b"three")
)
ZEROS = base64.b64encode(bytes(32)).decode()
DATABASE = "postgresql://portal_app:pass@127.0.0.1:5432/portal"
HERE = __file__
ELSEWHERE = "postgresql://portal_app:pass@db.example:5432/portal"


def read(monkeypatch: pytest.MonkeyPatch, **env: str) -> dict[str, Any]:
    production = {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "DATABASE_URL": DATABASE,
        "DATABASE_OWNER_URL": "",
        "REDIS_URL": "",
        "KEY_RING": f"{KEY},{base64.b64encode(secrets.token_bytes(32)).decode()}",
        "BLIND_KEY": OTHER,
        "LOG_SIGNING_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "LOG_PUBLIC_KEY": "",
        "LOG_ANCHOR_PATH": "/anchor/roots",
        "BASE_DOMAIN": "portal.example",
        "PUBLIC_SCHEME": "https",
        "EMAIL_URL": "",
        "TRUSTED_PROXIES": "1",
        "IDLE_SECONDS": "",
        "DEMO": "0",
        "DEBUG": "0",
        "TESTING": "0",
        "METRICS_TOKEN": "",
    }
    for name, value in {**production, **env}.items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(str(CHECKOUT / "portal" / "settings.py"))


UNSAFE = [
    ({"DEMO": "1"}, "DEMO"),
    ({"DEMO": "1", "DEBUG": "1"}, "DEMO"),
    ({"DEMO": "1", "BASE_DOMAIN": "notlocalhost"}, "DEMO"),
    ({"TESTING": "1", "IDLE_SECONDS": "999999"}, "TESTING"),
    ({"TESTING": "0", "IDLE_SECONDS": "60"}, "IDLE_SECONDS"),
    ({"DATABASE_URL": f"{DATABASE}?sslmod=verify-full"}, "DATABASE_URL"),
    ({"DATABASE_URL": f"{DATABASE}?sslmode=verify"}, "DATABASE_URL"),
    ({"DATABASE_URL": f"{DATABASE}?sslmode=require&sslmode=disable"}, "DATABASE_URL"),
    ({"DATABASE_OWNER_URL": f"{DATABASE}?options=-crole%3Dx"}, "DATABASE_OWNER_URL"),
    ({"DATABASE_URL": "postgresql://portal_app:pa#ss@db.example/portal"}, "DATABASE_URL"),
    ({"DATABASE_URL": ELSEWHERE}, "DATABASE_URL leads to another machine"),
    ({"DATABASE_URL": f"{ELSEWHERE}?sslmode=prefer"}, "DATABASE_URL leads to another machine"),
    ({"DATABASE_OWNER_URL": f"{ELSEWHERE}?sslmode=disable"}, "DATABASE_OWNER_URL leads to"),
    ({"DATABASE_URL": f"{ELSEWHERE}?sslmode=require"}, "needs sslmode=verify-full"),
    ({"DATABASE_URL": f"{ELSEWHERE}?sslmode=verify-ca&sslrootcert={HERE}"}, "verify-full"),
    ({"DATABASE_URL": f"{ELSEWHERE}?sslmode=verify-full"}, "sslrootcert="),
    ({"DATABASE_URL": f"{ELSEWHERE}?sslmode=verify-full&sslrootcert=/no"}, "sslrootcert is no"),
    ({"DATABASE_URL": f"{DATABASE}?sslmode=verify-full&sslrootcert=ca.pem"}, "sslrootcert is no"),
    ({"REDIS_URL": "rediss://:pass@x/0?ssl_cert_reqs=none"}, "REDIS_URL.*required"),
    ({"REDIS_URL": "rediss://:pass@x/0?ssl_ca_certs=/no"}, "REDIS_URL: ssl_ca_certs is no file"),
    ({"REDIS_URL": "rediss://:pass@x/0?ssl_check_hostname=false"}, "REDIS_URL asks for"),
    ({"DATABASE_URL": "postgresql://portal_app:half/pass@db.example/portal"}, "write / as %2F"),
    ({"DATABASE_URL": "postgresql://portal_app:[pass@db.example/portal"}, r"\[ as %5B"),
    ({"REDIS_URL": "redis://:pass@broker.example/0"}, "REDIS_URL leads to another machine"),
    ({"BASE_DOMAIN": "*"}, "BASE_DOMAIN"),
    ({"LOG_ANCHOR_PATH": "roots.jsonl"}, "LOG_ANCHOR_PATH"),
    ({"FILES_ROOT": "files"}, "FILES_ROOT"),
    ({"STATIC_ROOT": "/srv/static", "FILES_ROOT": "/srv/x/../static/files"}, "FILES_ROOT"),
    ({"DEFAULT_FROM_EMAIL": "portal"}, "DEFAULT_FROM_EMAIL"),
    ({"DEFAULT_FROM_EMAIL": "Plan <a@plan.example>\nBcc: b@plan.example"}, "DEFAULT_FROM_EMAIL"),
    ({"STATIC_ROOT": "/srv/static", "FILES_ROOT": "/srv/static/files"}, "FILES_ROOT"),
    ({"KEY_RING": base64.b64encode(b"this is my very secret ring key!").decode()}, "KEY_RING"),
    ({"BASE_DOMAIN": "."}, "BASE_DOMAIN"),
    ({"PORT": "abc"}, "PORT"),
    ({"PORT": "65536"}, "PORT"),
    ({"SECRET_KEY": "", "SECRET_KEY_FILE": "/nowhere/at/all"}, "SECRET_KEY_FILE can't be read"),
    ({"OPERATOR_EMAIL": "ola"}, "OPERATOR_EMAIL"),
    ({"EMAIL_URL": "smtp+tls://user:pass@mail.example:587"}, "EMAIL_URL"),
    ({"EMAIL_URL": "starttls://user:pass@mail.example:587"}, "EMAIL_URL"),
    ({"EMAIL_URL": "smtp://mail.example?tls=1"}, "EMAIL_URL"),
    ({"EMAIL_URL": "smtp://user:pass@mail.example"}, "EMAIL_URL.*smtps://"),
    ({"EMAIL_URL": "smtp://:pass@192.0.2.1:25"}, "EMAIL_URL.*smtps://"),
    ({"REDIS_URL": "http://x"}, "REDIS_URL"),
    ({"REDIS_URL": "redis://x/0?ssl_cert_reqs=required"}, "REDIS_URL"),
    ({"KEY_RING": ZEROS}, "KEY_RING"),
    ({"KEY_RING": base64.b64encode(bytes(range(32))).decode()}, "KEY_RING"),
    ({"BLIND_KEY": base64.b64encode(b"password" * 4).decode()}, "BLIND_KEY"),
    ({"LOG_SIGNING_KEY": ZEROS}, "LOG_SIGNING_KEY"),
    ({"LOG_PUBLIC_KEY": ZEROS}, "LOG_PUBLIC_KEY"),
    ({"BLIND_KEY": KEY}, "same key"),
    ({"LOG_SIGNING_KEY": OTHER}, "same key"),
    ({"KEY_RING": f"{KEY},{KEY}"}, "same key"),
    ({"LOG_SIGNING_KEY": "", "LOG_PUBLIC_KEY": OTHER}, "same key"),
    ({"SECRET_KEY": "x" * 60}, "SECRET_KEY"),
    ({"SECRET_KEY": "correct-horse" * 5}, "SECRET_KEY"),
    ({"SECRET_KEY": f"django-insecure-{LONG}"}, "SECRET_KEY"),
    ({"METRICS_TOKEN": "short"}, "METRICS_TOKEN is easily guessed"),
    ({"METRICS_TOKEN": "x" * 40}, "METRICS_TOKEN is easily guessed"),
    ({"METRICS_TOKEN": "correct-horse" * 5}, "METRICS_TOKEN is easily guessed"),
    ({"METRICS_TOKEN": f"{LONG}\t{LONG}"}, "METRICS_TOKEN goes in a header"),
    ({"METRICS_TOKEN": KEY}, "METRICS_TOKEN is a key in another role"),
    ({"TRUSTED_PROXIES": "-1"}, "TRUSTED_PROXIES"),
    ({"TRUSTED_PROXIES": "one"}, "TRUSTED_PROXIES"),
]


@pytest.mark.promise("AH7")
@pytest.mark.parametrize(("env", "told"), UNSAFE, ids=lambda value: str(value)[:60])
def test_unsafe_values_stop_the_boot(
    env: dict[str, str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ImproperlyConfigured, match=told) as refused:
        read(monkeypatch, **env)
    assert "pass@" not in str(refused.value)
    assert "half" not in str(refused.value)


@pytest.mark.parametrize("domain", ["localhost", "demo.localhost"])
def test_a_demo_on_localhost_starts(domain: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, DEMO="1", TESTING="1", BASE_DOMAIN=domain)["DEMO"]


def test_production_starts_with_what_its_urls_ask_for(monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"{ELSEWHERE}?sslmode=verify-full&sslrootcert={HERE}"
    made = read(
        monkeypatch,
        DATABASE_URL=url,
        DATABASE_OWNER_URL=url,
        EMAIL_URL="smtp+starttls://user:pass@mail.example:587",
        REDIS_URL=f"rediss://:pass@broker.example/0?ssl_ca_certs={HERE}",
    )
    for one in made["DATABASES"].values():
        assert one["OPTIONS"]["sslmode"] == "verify-full"
        assert one["OPTIONS"]["sslrootcert"] == HERE
    # Whether the address asks for it or not: Celery would take any certificate otherwise.
    assert made["CELERY_BROKER_URL"] == "rediss://:pass@broker.example/0"
    assert made["CELERY_BROKER_USE_SSL"] == {
        "ssl_ca_certs": HERE,
        "ssl_cert_reqs": ssl.CERT_REQUIRED,
        "ssl_check_hostname": True,
    }
    assert made["DATABASES"]["default"]["OPTIONS"]["pool"]["max_size"] == 8
    assert (made["EMAIL_USE_TLS"], made["EMAIL_HOST"]) == (True, "mail.example")
    assert made["SECURE_PROXY_SSL_HEADER"]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.2:2525", "[::1]", "mail.example:25"])
def test_a_password_may_go_to_this_machine_and_none_to_another(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = "" if "mail" in host else "user:pass@"
    made = read(monkeypatch, EMAIL_URL=f"smtp://{login}{host}")
    assert made["EMAIL_HOST"] in host


@pytest.mark.parametrize("made", [secrets.token_urlsafe, secrets.token_hex])
def test_what_was_drawn_at_random_is_taken(made: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for _draw in range(20):
        read(monkeypatch, SECRET_KEY=made(40), METRICS_TOKEN=made(32))
