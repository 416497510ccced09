"""Why something is refused: a code for the trail, a sentence for people, and the law for officers.

A sentence tells the rule and never what is there: it is the same whether the thing exists.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from consents.question import Code


class Reason(Code):
    NO_RULE = "no_rule"
    NOTHING_ASKED = "nothing_asked"
    NOT_LOOKED_UP = "not_looked_up"
    FACT_MISSING = "fact_missing"
    NOT_ON_TEAM = "not_on_team"
    NO_REASON_GIVEN = "no_reason_given"
    NOT_VERIFIED = "not_verified"
    NO_EVIDENCE = "no_evidence"
    NOT_CERTIFIED = "not_certified"
    NO_AGREEMENT = "no_agreement"
    OBJECTED = "objected"
    MAY_HARM = "may_harm"
    OUTSIDE_THE_NOTICE = "outside_the_notice"
    MEMBER_IS_TARGET = "member_is_target"
    LEARNED_IN_TREATMENT = "learned_in_treatment"
    NOT_NECESSARY = "not_necessary"
    NOT_NAMED = "not_named"
    UNKNOWN_TAG = "unknown_tag"
    REGISTRANT = "registrant"
    GENES = "genes"
    PSYCHOTHERAPY_NOTES = "psychotherapy_notes"
    SUD_NOTES = "sud_notes"
    PART2 = "part2"
    NO_AUTHORIZATION = "no_authorization"
    MARKETING = "marketing"
    SALE = "sale"
    EMPLOYMENT = "employment"
    HELD_BACK = "held_back"
    STATE = "state"
    RESTRICTED = "restricted"
    ASK_MEMBER = "ask_member"
    MISTAKE = "mistake"
    NOT_CARRIED_OUT = "not_carried_out"


NO = _("Your role does not allow this. Nothing was shown or changed.")
_UNCLEAR = _("We could not check that this is allowed, so nothing was shown or sent.")
# Of an item and its tags no sentence speaks: one reason said of notes and not of others would
# tell that there are notes. Officers read which it was (`words.REASONS`).
NOT_THIS = _("The privacy rules do not let this go there. A privacy officer can tell you more.")

SENTENCES: dict[Reason, Promise] = {
    Reason.NO_RULE: NO,
    Reason.NOTHING_ASKED: NO,
    Reason.NOT_LOOKED_UP: _UNCLEAR,
    Reason.FACT_MISSING: NO,
    Reason.NOT_ON_TEAM: _("Only the care team for this may do that. Nothing was shown or changed."),
    Reason.NO_REASON_GIVEN: _(
        "You are not on the care team for this. Say why you need to open it."
    ),
    Reason.NOT_VERIFIED: _("First check who asks, and write down how you checked."),
    Reason.NO_EVIDENCE: _("A paper that the law asks for is missing. Add it first."),
    Reason.NOT_CERTIFIED: _("The employer has not promised in writing what the law asks for."),
    Reason.NO_AGREEMENT: _("No contract in force lets this company have it for this purpose."),
    Reason.OBJECTED: _("The member does not want this person to know."),
    # Said to a representative, it must not sound like a suspicion.
    Reason.MAY_HARM: NO,
    Reason.OUTSIDE_THE_NOTICE: _("Our privacy notice does not say that we do this."),
    Reason.MEMBER_IS_TARGET: _("This inquiry is into the member, and not about health care."),
    Reason.LEARNED_IN_TREATMENT: _("The law does not let us tell what was said in treatment."),
    Reason.NOT_NECESSARY: _("This is more than what is needed for the purpose."),
    Reason.NOT_NAMED: _("The paper does not name this, so it may not go."),
    Reason.UNKNOWN_TAG: _UNCLEAR,
    Reason.REGISTRANT: _("What people told us to sign up is used to know who they are only."),
    Reason.GENES: NOT_THIS,
    Reason.PSYCHOTHERAPY_NOTES: NOT_THIS,
    Reason.SUD_NOTES: NOT_THIS,
    Reason.PART2: NOT_THIS,
    Reason.NO_AUTHORIZATION: _("The member has not signed a form that allows this."),
    Reason.MARKETING: _("No ads without a form that the member signed for this."),
    Reason.SALE: _("We do not sell it, unless the member signed a form that says who pays."),
    Reason.EMPLOYMENT: _("It may not be used for decisions about someone's job."),
    Reason.HELD_BACK: NOT_THIS,
    Reason.STATE: NOT_THIS,
    Reason.RESTRICTED: NOT_THIS,
    Reason.ASK_MEMBER: _(
        "The member asked us not to share this before. Ask which of the two holds."
    ),
    Reason.NOT_CARRIED_OUT: NOT_THIS,
    Reason.MISTAKE: _("It went out by mistake. Write it down, and check what harm it may do."),
}
# Reasons that rest on a tag, or on a restriction that may.
OF_TAGS = frozenset(reason for reason, said in SENTENCES.items() if said is NOT_THIS)

# What a refusal rests on, of 45 CFR where no other title is named. Nothing, where the plan's own
# promise goes further than any law.
LAWS: dict[Reason, str] = {
    Reason.NO_RULE: "164.502(a)",
    Reason.NOTHING_ASKED: "164.502(a)",
    Reason.NOT_LOOKED_UP: "164.502(a)",
    Reason.FACT_MISSING: "164.502(a)",
    Reason.NOT_ON_TEAM: "164.514(d)(2)",
    Reason.NO_REASON_GIVEN: "164.514(d)(2)",
    Reason.NOT_VERIFIED: "164.514(h)(1)",
    Reason.NO_EVIDENCE: "164.514(h)(1)(ii)",
    Reason.NOT_CERTIFIED: "164.504(f)(2)(ii)",
    Reason.NO_AGREEMENT: "164.504(e)(2)(i)",
    Reason.OBJECTED: "164.510(b)(2)",
    Reason.MAY_HARM: "164.502(g)(5)",
    Reason.OUTSIDE_THE_NOTICE: "164.502(i)",
    Reason.MEMBER_IS_TARGET: "164.512(d)(2)",
    Reason.LEARNED_IN_TREATMENT: "164.512(j)(2)",
    Reason.NOT_NECESSARY: "164.502(b)",
    Reason.NOT_NAMED: "164.512(a)(1), (e)(1)(i)",
    Reason.UNKNOWN_TAG: "164.502(a)",
    Reason.REGISTRANT: "",
    Reason.GENES: "164.502(a)(5)(i)",
    Reason.PSYCHOTHERAPY_NOTES: "164.508(a)(2), 524(a)(1)(i)",
    Reason.SUD_NOTES: "42 CFR 2.31(b)",
    Reason.PART2: "42 CFR 2.13(a)",
    Reason.NO_AUTHORIZATION: "164.508(a)(1)",
    Reason.MARKETING: "164.508(a)(3)",
    Reason.SALE: "164.508(a)(4)",
    Reason.EMPLOYMENT: "164.508, 504(f)(2)(ii)(C)",
    Reason.HELD_BACK: "164.502(g)(3), 524(a)(3)",
    Reason.STATE: "160.203(b)",
    Reason.RESTRICTED: "164.522(a)(1)(iii)",
    Reason.ASK_MEMBER: "164.522(a)(1)",
    Reason.MISTAKE: "164.402",
    Reason.NOT_CARRIED_OUT: "164.530(i)(1)",
}
