"""The nginx site agrees with the settings, and writes nothing down that it should not."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from portal.base.embedded.place import CHECKOUT, free_port
from portal.base.files import checks
from tests.deploy import reading

SITE = reading.DEPLOY / "nginx" / "portal.conf"
TEXT = SITE.read_text()
BODY = str(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
WITH_FILE = str(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + checks.MOST)
# Each of these holds the query, a whole path, or where someone came from.
TELLS = ("$request ", "$request'", '$request"', "$request_uri", "$args", "$query_string", "$uri",
         "$http_referer", "$document_uri", "$http_cookie", "$request_body")  # fmt: skip


def test_the_body_limit_is_that_of_the_settings_and_stays_in_memory() -> None:
    assert re.findall(r"client_max_body_size (\d+);", TEXT) == [BODY, WITH_FILE, "0"]
    assert re.findall(r"client_body_buffer_size (\d+);", TEXT) == [BODY, WITH_FILE]
    assert "proxy_max_temp_file_size 0;" in TEXT
    assert f"above {int(BODY):,} bytes" in reading.OPERATING.read_text()


def test_the_log_keeps_no_query_no_path_and_no_referrer() -> None:
    (form,) = re.findall(r"log_format portal (.*?);", TEXT, re.DOTALL)
    assert not [name for name in TELLS if name in form]
    logs = re.findall(r"(access_log|error_log) (.*);", TEXT)
    assert {words for kind, words in logs if kind == "access_log"} == {
        "off", "/var/log/nginx/portal-access.log portal",
    }  # fmt: skip
    assert all(words.endswith(" alert") for kind, words in logs if kind == "error_log")


def test_the_forwarded_headers_are_those_that_the_settings_believe() -> None:
    source = (CHECKOUT / "portal" / "settings.py").read_text()
    assert '("HTTP_X_FORWARDED_PROTO", "https")' in source
    pages, watching = (one for one in TEXT.split("\nserver {") if "proxy_pass " in one)
    for header in ("X-Forwarded-For $remote_addr", "X-Forwarded-Proto $scheme", "Host $host"):
        # Messages are inside of pages, and take theirs.
        assert pages.count(f"proxy_set_header {header};") == pages.count("proxy_pass ") - 1
    # What comes from this machine alone has no TLS of its own.
    assert "proxy_set_header X-Forwarded-Proto https;" in watching
    assert "TRUSTED_PROXIES='1'" in reading.OPERATING.read_text()


def test_paths_agree_with_the_walk_and_the_units() -> None:
    walk = reading.OPERATING.read_text()
    (static,) = set(re.findall(r"alias (\S+/)(?:\$hashed)?;", TEXT))
    assert f"STATIC_ROOT='{static.rstrip('/')}'" in walk
    (socket,) = reading.unit("portal-web.socket")["ListenStream"]
    assert f"server unix:{socket} " in TEXT
    # Where the first certificate is proven, and each renewal.
    (challenge,) = re.findall(r"acme-challenge/ \{\s+root (\S+);", TEXT)
    assert set(re.findall(r"--webroot -w (\S+)", walk)) == {challenge}
    pages = {path.name for path in (reading.DEPLOY / "nginx" / "pages").iterdir()}
    assert set(re.findall(r"/nginx/([a-z-]+\.html)", TEXT)) == pages


def test_only_this_machine_sees_metrics_and_strangers_get_no_answer() -> None:
    with_metrics = [one for one in TEXT.split("\nserver {") if "location = /metrics" in one]
    public, local = with_metrics
    assert re.search(r"location = /metrics \{\s+return 404;", public)
    assert re.findall(r"listen (\S+);", local) == ["127.0.0.1:9180"]
    assert '["127.0.0.1:9180"]' in reading.OPERATING.read_text()
    (default,) = [one for one in TEXT.split("\nserver {") if "default_server" in one]
    assert "return 444;" in default
    assert "ssl_reject_handshake on;" in default


def test_pages_of_nginx_name_help_in_both_languages_and_ask_nobody_else() -> None:
    for path in (reading.DEPLOY / "nginx" / "pages").iterdir():
        page = path.read_text()
        assert page.count('href="tel:988"') == page.count('href="tel:911"') == 2
        assert '<section lang="es">' in page
        assert not re.search(r"https?://|src=|<link|<script", page)


@pytest.mark.skipif(not shutil.which("nginx"), reason="no nginx here")
def test_nginx_takes_the_site(tmp_path: Path) -> None:
    certificate, key = tmp_path / "fullchain.pem", tmp_path / "privkey.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x",
         "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    site = TEXT.replace("/etc/letsencrypt/live/portal", str(tmp_path))
    site = site.replace("/var/log/nginx", str(tmp_path)).replace("listen [::]", "listen [::1]")
    ports = {"80": free_port(), "443": free_port()}
    site = re.sub(r"(listen (?:\[::1\]:)?)(80|443)\b", lambda m: f"{m[1]}{ports[m[2]]}", site)
    conf = tmp_path / "nginx.conf"
    conf.write_text(f"pid {tmp_path}/pid;\nevents {{}}\nhttp {{\n{site}\n}}\n")
    done = subprocess.run(
        ["nginx", "-t", "-p", str(tmp_path), "-c", str(conf)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
