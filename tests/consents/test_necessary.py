"""What may leave, cell by cell, as the law says it and not as the code does: written by hand from
the text of 45 CFR 164.502 to 164.514, and compared with the answer for every recipient, purpose and
category. `test_house` has the same for the roles within the house (164.514(d)(2))."""

from datetime import date, datetime

import pytest

from consents.question import (
    REFUSING,
    Act,
    Agreement,
    Category,
    Consent,
    ConsentKind,
    Fact,
    Item,
    Purpose,
    Question,
    Recipient,
)
from consents.rules import decide
from tests.consents.asking import NOW, PARTY, TRAITS, ZONE

pytestmark = pytest.mark.promise("AL2")
# No clinical detail: what a bill needs (164.506(c)(3), the minimum of 164.502(b)).
BILL = "claims enrollment person"
FILE = f"{BILL} messages records"
WHOLE = f"{FILE} disclosures incidents letters trail"
# By purpose: to whom, at most which categories, and why no more.
LAW: dict[str, tuple[tuple[str, str, str], ...]] = {
    "treatment": (("provider business_associate", FILE, "502(b)(2)(i): no minimum for care"),),
    "payment": (("provider other_plan business_associate", BILL, "506(c)(3)"),),
    "operations": (("provider other_plan business_associate", FILE, "506(c)(4), 504(e)"),),
    "underwriting": (
        ("plan_sponsor", "enrollment summary", "504(f)(1)(ii), (iii): no more without certificate"),
    ),
    "training": (("provider", FILE, "501, health care operations (2)"),),
    "legal_defense": (("authority", FILE, "501, health care operations (4); 508(a)(2)(i)(C)"),),
    "plan_administration": (
        ("plan_sponsor business_associate", BILL, "504(f)(2), (3): what administration needs"),
    ),
    "plan_bids": (("plan_sponsor", "enrollment summary", "504(f)(1)(ii)(A)"),),
    "involvement": (("involved_person", FILE, "510(b): relevant, item by item"),),
    "members_choice": (("named_party", FILE, "508: as the form says"),),
    "marketing": (("named_party", FILE, "508(a)(3)"),),
    "sale": (("named_party", FILE, "508(a)(4)"),),
    "employment": (("named_party plan_sponsor", FILE, "508, 504(f)(2)(ii)(C)"),),
    "hhs_investigation": (("hhs", WHOLE, "502(b)(2)(iv): no minimum, 160.310"),),
    "limited_data_set": (("data_set_user", "claims records", "514(e)(2): nobody is named"),),
    "required_by_law": (("authority", WHOLE, "502(b)(2)(v): as the law says"),),
    "public_health": (("authority business_associate", FILE, "512(b), 502(e)(3)"),),
    "health_oversight": (("authority business_associate", FILE, "512(d)"),),
    "abuse_victim": (("authority", FILE, "512(c)"),),
    "court": (("authority", FILE, "512(e): what the order names"),),
    "law_enforcement": (("authority", FILE, "512(f)(1), (3)-(6)"),),
    "locate": (("authority", "person records", "512(f)(2)(i): 8 data items"),),
    "coroner": (("authority", FILE, "512(g)"),),
    "organ_donation": (("authority", FILE, "512(h)"),),
    "research": (("authority", FILE, "512(i)"),),
    "serious_threat": (("authority", FILE, "512(j)(1)(i)"),),
    "violent_crime": (("authority", "person records", "512(j)(3): a statement and 8 data items"),),
    "military": (("authority", FILE, "512(k)(1)"),),
    "national_security": (("authority", FILE, "512(k)(2)"),),
    "protective": (("authority", FILE, "512(k)(3)"),),
    "state_department": (("authority", "records", "512(k)(4): whether someone was found fit"),),
    "custody": (("authority", FILE, "512(k)(5)"),),
    "public_benefits": (("authority", "enrollment person", "512(k)(6): eligibility, enrollment"),),
    "gun_check": (("authority", "person", "512(k)(7): who someone is, and nothing clinical"),),
    "workers_compensation": (("authority", FILE, "512(l)"),),
}


def asked_for(who: Recipient, why: Purpose, what: Category) -> Question:
    """With all on file that can help: papers, a contract, a form that the member signed."""
    form = Consent(
        ConsentKind.AUTHORIZATION,
        frozenset({who}),
        frozenset({why}),
        frozenset(Category),
        datetime(2026, 1, 2, 9, tzinfo=ZONE),
        parties=frozenset({PARTY}),
        through=date(2026, 12, 31),
        complete=True,
        names_payment=True,
    )
    return Question(
        act=Act.DISCLOSE,
        recipient=who,
        purpose=why,
        items=(Item(what, traits=TRAITS),),
        facts=frozenset(Fact) - REFUSING,
        now=NOW,
        consents=(form,),
        restrictions=(),
        agreement=Agreement(frozenset({why}), date(2026, 1, 1)),
        party=PARTY,
    )


@pytest.mark.parametrize("purpose", Purpose)
def test_what_may_leave_is_what_the_law_names(purpose: Purpose) -> None:
    found = {
        (who.value, what.value)
        for who in Recipient
        for what in Category
        if decide(asked_for(who, purpose, what)).permitted
    }
    assert found == {
        (who, what)
        for recipients, categories, _law in LAW.get(purpose, ())
        for who in recipients.split()
        for what in categories.split()
    }
