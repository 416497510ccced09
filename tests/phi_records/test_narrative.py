"""Records whose content is running text show it, as text and never as HTML."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consents.question import Tag
from phi_records.fhir import exact, narrative
from phi_records.fhir.plain import describe
from phi_records.fhir.tags import tags_of, ways_of

PLAN = """<div xmlns="http://www.w3.org/1999/xhtml">
    <strong>Assessment</strong>
    <ol> <li>Bleeding of
      unknown cause.</li> <li>Anemia, from #1</li> </ol>
    <table><thead><tr> <th>What</th> <th>When</th> </tr></thead>
    <tbody><tr><td>Colonoscopy</td><td>April&#160;21</td></tr></tbody></table>
    <ul><li>Call&lt;us&gt;<br/>first</li></ul>
</div>"""


def _text(html: str, status: str = "additional") -> str:
    return narrative.text_of({"status": status, "div": html})


def _headings(**fields: Any) -> dict[str, str]:
    return {one.heading: one.text for one in describe(fields) if one.text}


def test_lists_tables_and_lines_are_kept() -> None:
    assert _text(PLAN).splitlines() == [
        "Assessment",
        "1. Bleeding of unknown cause.",
        "2. Anemia, from #1",
        "What | When",
        "Colonoscopy | April 21",
        "• Call<us>",
        "first",
    ]


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>alert('no')</script>",
        "<style>no {}</style>",
        "<p hidden>no<b>no</b></p>",
        "<p style='color:red; Display : none'>no<br/><i>no</i></p>",
        "<span style='visibility:hidden'>no</span>",
        "<!-- no -->",
        "<img hidden alt='no' src='no'/><a title='no' href='javascript:no'></a>",
        "<template><p>no</p></template>",
    ],
)
def test_what_is_not_seen_in_a_browser_is_not_shown(hidden: str) -> None:
    assert _text(f"<div><p>Before</p>{hidden}<p>After</p></div>") == "Before\nAfter"


def test_a_text_that_says_it_is_empty_or_is_no_text_is_not_shown() -> None:
    assert _text("<div>Nothing</div>", status="empty") == ""
    assert narrative.text_of("text") == narrative.text_of({"status": "generated"}) == ""


def test_a_text_has_a_bound_and_says_that_it_goes_on() -> None:
    long = _text(f"<div>{'word ' * 20_000}</div>")
    assert len(long) <= narrative.MAX_TEXT + 2
    assert long.endswith("word …")
    assert _text(f"<div>Start{'<b></b>' * 30_000}<p>End</p></div>") == "Start …"


@given(st.text(alphabet="<>/abdiloprstuy hidden=\"'&#;!-\n"))
def test_no_markup_raises(html: str) -> None:
    _text(html)


def test_a_written_text_is_the_last_section_of_its_page() -> None:
    written = {"status": "additional", "div": "<div>Walk each day</div>"}
    plan = {"resourceType": "CarePlan", "status": "active", "text": written}
    assert describe(plan)[-1].heading == "In the words of the source"
    assert _headings(**plan) == {"In the words of the source": "Walk each day"}


@pytest.mark.parametrize(("fields", "is_shown"), [(2, True), (20, False)])
def test_a_text_made_from_fields_shows_where_they_say_little(fields: int, is_shown: bool) -> None:
    made = {"status": "generated", "div": "<div>Made</div>"}
    some = {f"field{'a' * number}": f"value {number}" for number in range(1, fields)}
    shown = _headings(resourceType="Basic", text=made, **some)
    assert ("In the words of the source" in shown) is is_shown


def test_a_composition_shows_the_text_of_each_section() -> None:
    inner = {"title": "Inner", "text": {"status": "generated", "div": "<p>Two</p>"}}
    outer = {"title": "Plan", "text": {"status": "generated", "div": "<p>One</p>"}}
    shown = _headings(resourceType="Composition", section=[{**outer, "section": [inner]}])
    assert shown == {"Plan": "One", "Inner": "Two"}


@pytest.mark.parametrize(
    ("said", "tag"),
    [
        ("Lives with <b>H</b>IV", Tag.HIV),
        ("Lives with H&#73;V", Tag.HIV),
        ("Meth<i>adone</i> 40 mg", Tag.PART2),
        ("History of opioid\n abuse", Tag.PART2),
    ],
)
def test_sensitive_words_in_a_text_are_seen(said: str, tag: Tag) -> None:
    resource = {
        "resourceType": "Goal",
        "text": {"status": "generated", "div": f"<div>{said}</div>"},
    }
    assert tags_of(resource, exact.dumps(resource)) == {tag}
    assert set(ways_of(resource, exact.dumps(resource))) == {tag}
    hidden = {**resource, "text": {"status": "generated", "div": "<div>Well</div>"}}
    assert not tags_of(hidden, exact.dumps(hidden))


@pytest.mark.promise
@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ("10<sup>9</sup>/L", "10⁹/L"),
        ("10<sup><b>-3</b></sup>", "10⁻³"),
        ("x<sup>9.5</sup>", "x^9.5"),
        ("1<sup>st</sup> H<sub>2</sub>O", "1st H2O"),
        ("Take <s>2</s> 1 tablet", "Take [crossed out: 2] 1 tablet"),
        ("<del>No</del><strike> drugs</strike>", "[crossed out: No] [crossed out: drugs]"),
        ("<p style='text-decoration: line-through'>Old</p>New", "[crossed out: Old]\nNew"),
        ("Take <img alt='2 tablets' src='a.png'/>", "Take [picture: 2 tablets]"),
        ("<s>left open", "[crossed out: left open]"),
        ("<s hidden>gone</s>Here", "Here"),
        ("Before <![CDATA[5 < 6]]> after", "Before 5 < 6 after"),
        ("<ol start='3'><li>c</li><li>d</li><li value='9'>i</li></ol>", "3. c\n4. d\n9. i"),
        ("<ol start='x'><li>a</li></ol>", "1. a"),
    ],
)
def test_marks_that_change_what_is_said_are_kept(html: str, shown: str) -> None:
    assert _text(f"<div>{html}</div>") == shown
