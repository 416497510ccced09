import re
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format, number_format

from portal.base.formats.en import formats as en
from portal.base.formats.es import formats as es

ROOT = Path(settings.BASE_DIR)


def test_money_reads_the_same_in_both_languages():
    for language in ("en", "es"):
        with translation.override(language):
            assert number_format("1240.00", force_grouping=True) == "1,240.00"


def test_a_day_reads_as_people_of_each_language_write_it():
    noon = datetime(2026, 8, 4, 15, 42, tzinfo=UTC)
    read = {"en": ("Aug 4, 2026", "3:42 PM UTC"), "es": ("4 ago 2026", "3:42 p.m. UTC")}
    for language, (day, time) in read.items():
        with translation.override(language):
            assert date_format(noon, "DATE_FORMAT") == day
            assert date_format(noon, "DATETIME_FORMAT") == f"{day}, {time}"


def test_every_named_format_is_in_both_languages():
    named = {name for name in vars(en) if name.endswith("_FORMAT")}
    assert named == {name for name in vars(es) if name.endswith("_FORMAT")}


def test_no_page_writes_a_date_in_one_language_alone():
    for path in [*ROOT.glob("[a-p]*/**/*.py"), *ROOT.glob("templates/**/*.html")]:
        if "formats" in path.parts:
            continue
        assert not re.search(r"""["'][DlMFjN][, ]+[MFj][, ]""", path.read_text()), path
