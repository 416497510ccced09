from hypothesis import given
from hypothesis import strategies as st

from phi_records.fhir.words import text

PLAIN = st.text(st.sampled_from("aB1 ()\t-<é\u200b"))


@given(PLAIN)
def test_the_short_way_through_plain_text_gives_what_the_long_one_does(value: str) -> None:
    # A control character is taken out, and on the way there everything else is looked at.
    assert text(value) == text(value + "\x00")
