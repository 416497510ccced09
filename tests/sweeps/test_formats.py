from django.utils import translation
from django.utils.formats import number_format


def test_money_reads_the_same_in_both_languages():
    for language in ("en", "es"):
        with translation.override(language):
            assert number_format("1240.00", force_grouping=True) == "1,240.00"
