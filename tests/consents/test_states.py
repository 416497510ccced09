"""The law of states: what a parent sees, what goes to others, and that a wrong file stops us."""

import hashlib
import json
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consents import sharing, states
from consents.matrix import Way
from consents.question import ConsentKind, Fact, Purpose, Question, Tag, Trait
from consents.roles import Rule
from consents.rules import decide
from consents.sentences import Reason
from tests.consents.asking import (
    NOW,
    ZONE,
    asked,
    consenting,
    no,
    rule_of,
    with_facts,
    without,
    yes,
)
from tests.consents.test_properties import got, questions

pytestmark = pytest.mark.promise("AH1")
PACKS = [pack for versions in states.ALL.values() for pack in versions.values()]
NATIONAL = states.ALL[states.NATIONAL]["2026-11-01"]
MINORS = [(pack, line) for pack in PACKS for line in pack.minors]
# What goes nowhere by federal law but in a few cases.
KEPT_BY_FEDERAL_LAW = (Tag.PSYCHOTHERAPY_NOTES, Tag.PART2, Tag.SUD_NOTES)
SECRET = [(pack, line) for pack in PACKS for line in pack.secrecy]
# Each way out of the house on which a state's secrecy can stand, for each line of it.
OUT = [
    (pack, line, rule)
    for pack, line in SECRET
    if line.tag not in KEPT_BY_FEDERAL_LAW
    for rule in sharing.RULES
    if rule.way not in {Way.TO_MEMBER, Way.TO_REPRESENTATIVE, Way.TO_ASSOCIATE, Way.AUTHORIZATION}
]
OPEN_LINES = [(pack, line) for pack, line in SECRET if line.tag not in KEPT_BY_FEDERAL_LAW]
PARENT = rule_of(Way.TO_REPRESENTATIVE)


# A pack that was in force is never changed: what changes is a new version, in a file of its own.
DIGESTS = {
    "nc-2026-11-01": "6c4be22615657869",
    "nc-2026-11-27": "f8bcf6373d8810b0",
    "us-2026-11-01": "0329c269b1b143e2",
}


# What the law says, as it was read: once more, so that a slip in a pack stands out.
PARENTS = {
    "us part2": (0, "minors_consent"),
    "us mental_health": (13, "professional"),
    "us reproductive": (13, "professional"),
    "us hiv": (13, "professional"),
    "nc part2": (0, "minors_consent"),
    "nc mental_health": (0, "minors_consent"),
    "nc reproductive": (0, "minors_consent"),
    "nc hiv": (0, "minors_consent"),
}
_LAW = "required_by_law hhs_investigation treatment payment"
# Whoever treats mental health or drug use keeps all alike (122C-3(9), (14)). The first pack named
# mental health alone, and let it go to a court without the court's order.
FACILITY = ("mental_health", "part2", "psychotherapy_notes", "sud_notes")
FREE_FOR = {
    "nc-2026-11-01 mental_health": {*_LAW.split(), "court", "abuse_victim"},
    "nc-2026-11-01 hiv": {*_LAW.split(), "court", "operations", "public_health", "research"},
    **{f"nc-2026-11-27 {tag}": {*_LAW.split(), "abuse_victim"} for tag in FACILITY},
    "nc-2026-11-27 hiv": {*_LAW.split(), "court", "operations", "public_health", "research"},
}
# By a court's order, not by a party's subpoena (122C-54(a)); a report of child abuse (122C-54(h));
# and with the opinion of a responsible professional, of a danger or a violent act (122C-55(d)).
_WITH = {
    "court": "court_order",
    "public_health": "child_abuse_report",
    "serious_threat": "responsible_professional",
}
FREE_WITH = {f"nc-2026-11-27 {tag}": _WITH for tag in FACILITY}
OPENED: set[str] = set()


def named(value: Any) -> str:
    if isinstance(value, Rule):
        return f"{value.recipient}-{value.purpose}"
    return getattr(value, "key", None) or getattr(value, "tag", None) or str(value)


def under(pack: states.Pack, question: Question, **changes: Any) -> Question:
    return replace(question, state=pack.state, pack=pack.version, **changes)


@pytest.mark.promise("LW9")
def test_each_line_of_a_pack_says_what_was_read_in_the_law() -> None:
    for pack in PACKS:
        minors = {f"{pack.state} {one.tag}": one for one in pack.minors}
        secrecy = {f"{pack.key} {one.tag}": one.free_for for one in pack.secrecy}
        of_state = {name: said for name, said in PARENTS.items() if name in minors}
        assert {n: (one.from_age, one.parents_need) for n, one in minors.items()} == of_state
        assert secrecy == {n: said for n, said in FREE_FOR.items() if n.startswith(pack.key)}
    assert {f"{pack.state} {one.tag}" for pack, one in MINORS} == set(PARENTS)
    free_with = {f"{pack.key} {one.tag}": dict(one.free_with) for pack, one in SECRET}
    assert {name: said for name, said in free_with.items() if said} == FREE_WITH
    assert {f"{pack.state} {tag}" for pack in PACKS for tag in pack.opened} == OPENED


def parent(pack: states.Pack, tag: Tag, age: int | None) -> Question:
    return under(pack, with_facts(asked(PARENT, tag), Fact.PARENT_OF_MINOR), age=age)


def given_what_is_needed(question: Question, line: states.Minors) -> Question:
    if line.parents_need is states.ParentsNeed.PROFESSIONAL:
        return with_facts(question, Fact.PROFESSIONAL_AGREES)
    kind = ConsentKind.MINORS_PART2 if line.tag is Tag.PART2 else ConsentKind.MINORS_OWN
    return consenting(question, PARENT, kind)


@pytest.mark.bar("state")
@pytest.mark.state_law("parents")
@pytest.mark.promise("LW9")
@pytest.mark.parametrize(("pack", "line"), MINORS, ids=named)
def test_a_parent_sees_it_with_what_the_state_asks_alone(pack, line) -> None:
    # Born on a day to come, nobody is younger than a newborn child.
    for age in (line.from_age, states.FULL_AGE - 1, *([-1] if line.from_age == 0 else [])):
        question = parent(pack, line.tag, age)
        no(question)
        yes(given_what_is_needed(question, line))


@pytest.mark.state_law("parents")
@pytest.mark.promise("LW9")
@pytest.mark.parametrize(("pack", "line"), [one for one in MINORS if one[1].from_age], ids=named)
def test_before_that_age_a_parent_needs_nothing_more(pack, line) -> None:
    yes(parent(pack, line.tag, line.from_age - 1))


@pytest.mark.state_law("parents")
@pytest.mark.promise("LW9")
@pytest.mark.parametrize(("pack", "line"), MINORS, ids=named)
def test_a_parents_right_ends_with_the_childhood(pack, line) -> None:
    question = given_what_is_needed(parent(pack, line.tag, states.FULL_AGE - 1), line)
    yes(question)
    for age in (states.FULL_AGE, None):
        assert no(replace(question, age=age)) == Reason.NOT_VERIFIED


def of_care_by_a_parent(question: Question) -> Question:
    items = (replace(one, traits=one.traits | {Trait.PARENT_CONSENTED}) for one in question.items)
    return replace(question, items=tuple(items))


@pytest.mark.state_law("parents")
@pytest.mark.promise("AH2")
@pytest.mark.parametrize(("pack", "line"), MINORS, ids=named)
def test_care_that_a_parent_consented_to_is_shown_to_them(pack, line) -> None:
    """45 CFR 164.502(g)(3)(i). A program's records still take the minor's word (42 CFR 2.14(b))."""
    for age in (line.from_age, states.FULL_AGE - 1):
        question = of_care_by_a_parent(parent(pack, line.tag, age))
        if line.tag is Tag.PART2:
            assert no(question) == Reason.STATE
            yes(given_what_is_needed(question, line))
        else:
            yes(question)
            # What is also of a program is kept as that.
            both = of_care_by_a_parent(asked(PARENT, line.tag, Tag.PART2))
            no(under(pack, with_facts(both, Fact.PARENT_OF_MINOR), age=age))


@pytest.mark.promise("AH2")
@pytest.mark.parametrize("pack", PACKS, ids=named)
@pytest.mark.parametrize(
    "tag", [Tag.MINOR_CONFIDENTIAL, Tag.ENDANGERMENT_HOLD, Tag.SUD_NOTES, Tag.PSYCHOTHERAPY_NOTES]
)
def test_a_parents_consent_to_care_opens_nothing_that_is_held_for_another_reason(pack, tag) -> None:
    """A parent who assented to secrecy (164.502(g)(3)(i)(C)), or a minor who agreed to the care too
    (A), is told by the tag."""
    no(of_care_by_a_parent(parent(pack, tag, 15)))


def test_a_parents_consent_to_one_care_says_nothing_of_another() -> None:
    one = parent(NATIONAL, Tag.HIV, 15)
    other = of_care_by_a_parent(one)
    decision = decide(replace(one, items=(*one.items, *other.items)))
    assert set(decision.cut) == set(one.items)


def test_in_north_carolina_a_professional_alone_is_not_enough() -> None:
    pack = states.find("nc", "", NOW.date())
    assert pack is not None
    no(with_facts(parent(pack, Tag.MENTAL_HEALTH, 12), Fact.PROFESSIONAL_AGREES))


@pytest.mark.promise("LW9")
@pytest.mark.parametrize(("pack", "line"), MINORS, ids=named)
def test_a_parent_gets_no_more_as_someone_involved_in_care(pack, line) -> None:
    involved = asked(rule_of(Way.INVOLVED), line.tag)
    friend = under(pack, involved, age=line.from_age)
    as_parent = with_facts(friend, Fact.PARENT_OF_MINOR)
    assert not decide(as_parent).permitted
    # A program's records, and what a state keeps, need more of anybody.
    if line.tag is not Tag.PART2 and not any(one.tag is line.tag for one in pack.secrecy):
        yes(friend)
        assert no(as_parent) == Reason.STATE


@pytest.mark.parametrize("pack", PACKS, ids=named)
def test_what_a_minor_alone_agreed_to_is_shown_with_the_minors_yes(pack) -> None:
    question = parent(pack, Tag.MINOR_CONFIDENTIAL, 15)
    no(with_facts(question, Fact.PROFESSIONAL_AGREES))
    yes(consenting(question, PARENT, ConsentKind.MINORS_OWN))


@pytest.mark.bar("state")
@pytest.mark.state_law("sharing")
@pytest.mark.parametrize(("pack", "line", "rule"), OUT, ids=named)
def test_for_sharing_the_more_protective_law_holds(pack, line, rule) -> None:
    fact = line.free_with.get(rule.purpose)
    # By another of the papers that federal law takes in its place, where there is one.
    papers = next((one for one in rule.any_of if fact not in one), frozenset())
    question = asked(rule, line.tag, facts=rule.needs | papers)
    yes(question)
    stricter = under(pack, question)
    if rule.purpose in line.free_for:
        yes(stricter)
        return
    assert no(stricter) == Reason.STATE
    if fact:
        yes(with_facts(stricter, fact))
    else:
        assert no(with_facts(stricter, Fact.RESPONSIBLE_PROFESSIONAL)) == Reason.STATE
    yes(consenting(stricter, rule, ConsentKind.AUTHORIZATION))
    no(consenting(stricter, rule, ConsentKind.AUTHORIZATION, tags=frozenset()))


@pytest.mark.state_law("sharing")
@pytest.mark.parametrize("tag", KEPT_BY_FEDERAL_LAW, ids=str)
@given(question=questions())
def test_notes_and_programs_go_nowhere_that_mental_health_does_not(tag, question) -> None:
    nc = replace(question, state="nc", pack="2026-11-27", consents=(), restrictions=())
    more = [replace(one, tags=frozenset({tag})) for one in nc.items]
    less = [replace(one, tags=frozenset({Tag.MENTAL_HEALTH})) for one in nc.items]
    open_ = decide(replace(nc, items=tuple(more))).permitted
    assert not open_ or decide(replace(nc, items=tuple(less))).permitted


@pytest.mark.state_law("sharing")
@pytest.mark.parametrize(
    ("purpose", "fact"),
    [
        (Purpose.CORONER, Fact.TO_THE_CORONER),
        (Purpose.SERIOUS_THREAT, Fact.EMERGENCY),
        (Purpose.HEALTH_OVERSIGHT, Fact.ABOUT_THE_AUTHOR),
        (Purpose.LEGAL_DEFENSE, Fact.SUED_BY_THE_MEMBER),
        (Purpose.TRAINING, Fact.OWN_TRAINEES),
    ],
)
def test_in_north_carolina_psychotherapy_notes_are_kept_as_mental_health_is(purpose, fact) -> None:
    rule = next(
        one for one in sharing.RULES if one.purpose is purpose and one.way is not Way.TO_ASSOCIATE
    )
    question = with_facts(asked(rule, Tag.PSYCHOTHERAPY_NOTES), fact)
    yes(question)
    assert no(replace(question, state="nc", pack="2026-11-27")) == Reason.STATE


@pytest.mark.state_law("sharing")
@pytest.mark.parametrize(("pack", "line"), OPEN_LINES, ids=named)
def test_each_purpose_that_a_line_leaves_free_is_one_of_sharing(pack, line) -> None:
    found = {rule.purpose for one, of, rule in OUT if (one, of) == (pack, line)}
    assert line.free_for | line.free_with.keys() <= found


@pytest.mark.promise("AL12")
def test_in_north_carolina_a_threat_is_told_of_by_a_professional() -> None:
    """N.C. G.S. 122C-55(d), in force long before the pack that first said it."""
    threat = asked(rule_of(Way.PUBLIC_GROUND, Purpose.SERIOUS_THREAT), Tag.MENTAL_HEALTH)
    question = replace(threat, state="nc", now=datetime(2026, 11, 27, 12, tzinfo=ZONE))
    assert no(question) == Reason.STATE
    decision = yes(with_facts(question, Fact.RESPONSIBLE_PROFESSIONAL))
    assert decision.pack == "nc-2026-11-27"
    # Federal law still asks for all of its own (164.512(j)(1)(i)).
    bare = with_facts(without(question, Fact.EVIDENCE), Fact.RESPONSIBLE_PROFESSIONAL)
    assert no(bare) == "no_evidence"


@pytest.mark.parametrize("pack", PACKS, ids=named)
@pytest.mark.parametrize("tag", [Tag.MENTAL_HEALTH, Tag.HIV, Tag.REPRODUCTIVE, Tag.PART2], ids=str)
def test_no_state_takes_anything_from_own_access(pack, tag) -> None:
    yes(under(pack, asked(rule_of(Way.TO_MEMBER), tag)))


@pytest.mark.state_law("own_access")
def test_for_own_access_the_more_generous_law_holds(monkeypatch) -> None:
    question = asked(rule_of(Way.TO_MEMBER), Tag.PSYCHOTHERAPY_NOTES)
    no(question)
    opened = (states.Opened(Tag.PSYCHOTHERAPY_NOTES, "made up"),)
    generous = replace(states.ALL["us"]["2026-11-01"], own_access=opened)
    monkeypatch.setattr(states, "find", lambda _state, _version, _day: generous)
    yes(question)


@given(questions(), st.sampled_from(PACKS), st.sampled_from([None, 0, 13, 17, 18, 40]))
def test_a_pack_permits_nothing_that_federal_law_refuses(question, pack, age) -> None:
    federal = under(NATIONAL, question, age=age, facts=question.facts - {Fact.PARENT_OF_MINOR})
    assert got(under(pack, replace(question, age=age))) <= got(federal)


@given(questions(), st.sampled_from(PACKS))
def test_own_access_is_alike_under_every_pack(question, pack) -> None:
    if question.recipient == "member" and not question.also:
        assert got(under(pack, question)) >= got(question)


@given(questions())
def test_an_unknown_state_or_version_refuses_all(question) -> None:
    assert got(replace(question, state="zz")) == set()
    assert got(replace(question, pack="1999-01-01")) == set()


def test_each_decision_names_the_pack_it_was_made_under() -> None:
    question = replace(asked(rule_of(Way.TO_MEMBER)), state="nc")
    assert decide(question).pack == "nc-2026-11-01"


@pytest.mark.parametrize(("plan", "state"), [("NC", "nc"), ("nc", "nc"), ("OH", "us"), ("", "us")])
def test_a_plan_in_a_state_without_a_pack_follows_the_national_default(plan, state) -> None:
    assert states.state_of(plan) == state


@pytest.mark.parametrize(
    ("birth", "day", "age"),
    [
        ("2008-02-29", "2026-02-28", 17),
        ("2008-02-29", "2026-03-01", 18),
        ("2008-02-29", "2028-02-28", 19),
        ("2008-02-29", "2028-02-29", 20),
        ("2008-06-15", "2026-06-14", 17),
        ("2008-06-15", "2026-06-15", 18),
        ("2026-06-15", "2026-06-15", 0),
    ],
)
def test_whole_years_of_age(birth, day, age) -> None:
    assert states.age_on(date.fromisoformat(birth), date.fromisoformat(day)) == age


def nc() -> dict[str, Any]:
    said: dict[str, Any] = json.loads((states.PACKS / "nc-2026-11-01.json").read_text())
    return said


MINOR = {"tag": "hiv", "from_age": 1, "parents_need": "professional", "citation": "x"}
FREE = {"tag": "hiv", "free_for": [], "citation": "x"}


@pytest.mark.parametrize(
    "change",
    [
        {"state": "sc"},
        {"version": "soon"},
        {"version": "2026-11-02"},
        {"sources": []},
        {"name": ""},
        {"minors": [MINOR | {"tag": "moods"}]},
        {"minors": [MINOR | {"from_age": 18}]},
        {"minors": [MINOR | {"from_age": True}]},
        {"minors": [MINOR | {"parents_need": "nothing"}]},
        {"minors": [MINOR | {"citation": ""}]},
        {"minors": [MINOR | {"more": 1}]},
        {"minors": [MINOR, MINOR]},
        {"secrecy": [FREE | {"free_for": ["fun"]}]},
        {"secrecy": [FREE, FREE]},
        {"secrecy": [FREE | {"free_with": {"fun": "evidence"}}]},
        {"secrecy": [FREE | {"free_with": {"court": "hearsay"}}]},
        {"secrecy": [FREE | {"free_for": ["court"], "free_with": {"court": "evidence"}}]},
        {"own_access": [{"tag": "endangerment_hold", "citation": "x"}]},
        {"more": 1},
    ],
    ids=str,
)
def test_a_pack_that_is_wrong_is_named_and_not_used(tmp_path: Path, change) -> None:
    path = tmp_path / "nc-2026-11-01.json"
    path.write_text(json.dumps(nc()))
    assert states.read(path).state == "nc"
    path.write_text(json.dumps(nc() | change))
    with pytest.raises(states.WrongPack, match=r"nc-2026-11-01\.json"):
        states.read(path)


def test_without_the_national_default_nothing_starts(tmp_path: Path) -> None:
    with pytest.raises(states.WrongPack):
        states.read_all(tmp_path)


def test_an_older_version_stays_for_its_decisions(tmp_path: Path) -> None:
    for version in ("2026-11-01", "2027-01-01"):
        said = json.dumps(nc() | {"version": version, "state": "us"})
        (tmp_path / f"us-{version}.json").write_text(said)
    assert list(states.read_all(tmp_path)["us"]) == ["2026-11-01", "2027-01-01"]


def test_a_changed_pack_is_a_new_version() -> None:
    files = {path.stem: path.read_bytes() for path in states.PACKS.glob("*.json")}
    found = {key: hashlib.sha256(content).hexdigest()[:16] for key, content in files.items()}
    assert found == DIGESTS


def test_a_version_holds_from_its_day_on(monkeypatch: pytest.MonkeyPatch) -> None:
    old = states.ALL["us"]["2026-11-01"]
    new = replace(old, version="2027-01-01")
    monkeypatch.setattr(states, "ALL", {"us": {one.version: one for one in (old, new)}})
    states.find.cache_clear()
    days = (date(2026, 1, 1), date(2026, 12, 31), date(2027, 1, 1))
    found = [states.find("us", "", day) for day in days]
    assert found == [old, old, new]
    assert states.find("us", "2026-11-01", date(2027, 1, 1)) == old
    states.find.cache_clear()


def test_each_pack_says_of_each_topic_what_a_parent_needs() -> None:
    topics = {Tag.PART2, Tag.MENTAL_HEALTH, Tag.REPRODUCTIVE, Tag.HIV}
    for pack in PACKS:
        assert {one.tag for one in pack.minors} == topics
