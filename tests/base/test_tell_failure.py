"""Someone is told when a part of the portal fails, even when only the mail server is left."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.faults.post_office import PostOffice

pytestmark = pytest.mark.promise("AH19")


@pytest.fixture
def office(settings: Any) -> Iterator[PostOffice]:
    office = PostOffice()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", office.port
    settings.OPERATOR_EMAIL = "ola@mail.example"
    yield office
    office.close()


def test_it_names_the_unit_and_needs_no_database(office: PostOffice) -> None:
    call_command("tell_failure", "portal-backup")
    [letter] = office.letters
    assert letter["To"] == "ola@mail.example"
    assert letter["Subject"].startswith("Member portal: portal-backup failed on ")
    assert "journalctl -n 50 -u portal-backup" in letter.get_payload()


def test_a_name_makes_no_header_of_its_own(office: PostOffice) -> None:
    call_command("tell_failure", "portal\nBcc: eve@mail.example")
    [letter] = office.letters
    assert letter["Bcc"] is None


def test_a_mail_server_that_is_gone_is_said(office: PostOffice) -> None:
    office.close()
    with pytest.raises(CommandError, match="takes no mail"):
        call_command("tell_failure", "portal-backup")
