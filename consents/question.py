"""What can be asked of the rules, and what they answer: the words of the decision, no law yet.

Every list is closed. A code that stands in none of them is refused, whoever asks.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from django.utils.functional import Promise


class Code(StrEnum):
    """A word of the rules. Hashed as the text it is: an enumeration's own hash runs in Python, and
    a decision asks for dozens."""

    __hash__ = str.__hash__


class Act(Code):
    VIEW = "view"
    WRITE_MESSAGE = "write_message"
    ANSWER_MESSAGE = "answer_message"
    # Why someone must open what is for the member's team.
    GIVE_REASON = "give_reason"
    SEARCH_TRAIL = "search_trail"
    RECORD_DISCLOSURE = "record_disclosure"
    REPORT_INCIDENT = "report_incident"
    HANDLE_INCIDENT = "handle_incident"
    # Say how sensitive a record is, or look at what was said.
    MARK_RECORD = "mark_record"
    MAIL_LETTERS = "mail_letters"
    ASK_TO_DESTROY = "ask_to_destroy"
    DECIDE_DESTROYING = "decide_destroying"
    DESTROY = "destroy"
    TEST_MAIL = "test_mail"
    # Out of the house, to someone who is not in it.
    DISCLOSE = "disclose"


class Recipient(Code):
    MEMBER = "member"
    REPRESENTATIVE = "representative"
    CARE_WORKER = "care_worker"
    SUPERVISOR = "supervisor"
    PRIVACY_OFFICER = "privacy_officer"
    PLAN_ADMIN = "plan_admin"
    OPERATOR = "operator"
    # Outside the house.
    PROVIDER = "provider"
    OTHER_PLAN = "other_plan"
    BUSINESS_ASSOCIATE = "business_associate"
    PLAN_SPONSOR = "plan_sponsor"
    INVOLVED_PERSON = "involved_person"
    # Whom an authorization of the member names.
    NAMED_PARTY = "named_party"
    # Whoever may receive under a ground of 45 CFR 164.512: an agency, a court, a coroner.
    AUTHORITY = "authority"
    HHS = "hhs"
    DATA_SET_USER = "data_set_user"


class Purpose(Code):
    OWN_ACCESS = "own_access"
    CARE_MESSAGE = "care_message"
    # By staff who are not on the member's team, for a time and with a reason of their own.
    OUTSIDE_TEAM = "outside_team"
    PRIVACY_OVERSIGHT = "privacy_oversight"
    RUNNING_THE_PORTAL = "running_the_portal"
    MAILING = "mailing"
    DISPOSAL = "disposal"
    IDENTIFICATION = "identification"
    TREATMENT = "treatment"
    PAYMENT = "payment"
    OPERATIONS = "operations"
    UNDERWRITING = "underwriting"
    TRAINING = "training"
    LEGAL_DEFENSE = "legal_defense"
    PLAN_ADMINISTRATION = "plan_administration"
    PLAN_BIDS = "plan_bids"
    INVOLVEMENT = "involvement"
    MEMBERS_CHOICE = "members_choice"
    MARKETING = "marketing"
    SALE = "sale"
    EMPLOYMENT = "employment"
    # The grounds of 45 CFR 164.512, in its order.
    REQUIRED_BY_LAW = "required_by_law"
    PUBLIC_HEALTH = "public_health"
    ABUSE_VICTIM = "abuse_victim"
    HEALTH_OVERSIGHT = "health_oversight"
    COURT = "court"
    LAW_ENFORCEMENT = "law_enforcement"
    LOCATE = "locate"  # whom the police look for, or want to know the name of (512(f)(2))
    CORONER = "coroner"
    ORGAN_DONATION = "organ_donation"
    RESEARCH = "research"
    SERIOUS_THREAT = "serious_threat"
    VIOLENT_CRIME = "violent_crime"  # to find someone who admitted one (512(j)(1)(ii)(A))
    MILITARY = "military"
    NATIONAL_SECURITY = "national_security"
    PROTECTIVE = "protective"
    STATE_DEPARTMENT = "state_department"
    CUSTODY = "custody"
    PUBLIC_BENEFITS = "public_benefits"
    GUN_CHECK = "gun_check"
    WORKERS_COMPENSATION = "workers_compensation"
    HHS_INVESTIGATION = "hhs_investigation"
    LIMITED_DATA_SET = "limited_data_set"
    MISTAKE = "mistake"


class Category(Code):
    RECORDS = "records"
    # Bills and what was paid, with the codes that payment needs.
    CLAIMS = "claims"
    # Whether someone is or was in the plan.
    ENROLLMENT = "enrollment"
    # Totals of claims without names, for bids and changes of the plan (45 CFR 164.504(a)).
    SUMMARY = "summary"
    # Who someone is and who cares for them: names, address, account, care teams.
    PERSON = "person"
    MESSAGES = "messages"
    TRAIL = "trail"
    DISCLOSURES = "disclosures"
    # What someone who registered told to be known by. It serves for nothing else.
    REGISTRANT = "registrant"
    # How notification mail goes: about no one member, and no health information.
    MAIL = "mail"
    INCIDENTS = "incidents"
    LETTERS = "letters"
    # Keys that seal someone's data: what is asked for and counted, never what they seal.
    KEYS = "keys"
    # How the portal as a whole is doing: counts and times, about nobody.
    SYSTEM = "system"


class Tag(Code):
    """What makes an item more sensitive than others."""

    PART2 = "part2"
    SUD_NOTES = "sud_notes"
    MENTAL_HEALTH = "mental_health"
    PSYCHOTHERAPY_NOTES = "psychotherapy_notes"
    HIV = "hiv"
    REPRODUCTIVE = "reproductive"
    GENETIC = "genetic"
    MINOR_CONFIDENTIAL = "minor_confidential"
    ENDANGERMENT_HOLD = "endangerment_hold"


class Trait(Code):
    """How one item stands to this question, as the fact-gatherer found it."""

    NAMED = "named"  # in the order, request or finding that the disclosure rests on
    RELEVANT = "relevant"  # directly, to this person's part in the member's care
    IN_SCOPE = "in_scope"  # of what the representative may decide
    NO_IDENTIFIERS = "no_identifiers"  # none of the 16 of 45 CFR 164.514(e)(2)
    # To meet a medical emergency (42 CFR 2.51(a), 45 CFR 164.522(a)(1)(iii)).
    NEEDED_NOW = "needed_now"
    # Name and address; date and place of birth; Social Security number; ABO blood type and Rh
    # factor; type of injury; date and time of treatment; of death; distinguishing looks (45 CFR
    # 164.512(f)(2)(i)). Never what tells of DNA, teeth, or samples of the body (f)(2)(ii).
    ONE_OF_EIGHT = "one_of_eight"
    STATEMENT = "statement"  # in which someone admitted a violent crime (512(j)(1)(ii)(A), (j)(3))
    SUITABILITY = "suitability"  # whether someone was found fit for service (512(k)(4))
    # To the care that it tells of, and did not agree that it stays between the minor and whoever
    # gave it: then the minor does not stand alone (164.502(g)(3)(i)).
    PARENT_CONSENTED = "parent_consented"


class Fact(Code):
    """What is on file. Each can only help, but for those in `REFUSING`."""

    IS_THE_MEMBER = "is_the_member"
    ON_THE_MEMBERS_TEAM = "on_the_members_team"
    REASON_GIVEN = "reason_given"  # why they open it from outside the team; its time is not over
    SAME_PLAN = "same_plan"
    SECOND_FACTOR = "second_factor"
    # A representative, checked by an officer, on this day.
    REPRESENTATIVE_VERIFIED = "representative_verified"
    PROGRAM_STAFF = "program_staff"  # of the Part 2 program whose record it is
    RELATIONSHIP = "relationship"  # of the provider with the member, with evidence
    BOTH_HAD_RELATIONSHIP = "both_had_relationship"  # both parties, and the items pertain to it
    OPERATIONS_OF_ALLOWED_KIND = "operations_of_allowed_kind"  # or to find fraud
    SPONSOR_CERTIFIED = "sponsor_certified"
    NAMED_CLASS = "named_class"  # of the sponsor's people, in the plan's document
    NOTICE_TELLS_SPONSOR = "notice_tells_sponsor"
    MEMBER_AGREED = "member_agreed"  # or did not object when they could, or it was to be inferred
    BEST_INTEREST = "best_interest"  # the member could not say; a professional's judgment
    EMERGENCY = "emergency"
    AUTHORIZATION_GOVERNS = "authorization_governs"  # the member said so, against a restriction
    PAID_FOR = "paid_for"  # someone pays the plan, more than it costs to send
    REQUESTER_VERIFIED = "requester_verified"
    EVIDENCE = "evidence"  # all that this ground asks for
    COURT_ORDER = "court_order"
    SUBPOENA = "subpoena"
    ASSURANCE = "assurance"  # of notice to the member, or of a protective order
    BOARD_WAIVER = "board_waiver"
    DATA_USE_AGREEMENT = "data_use_agreement"
    PART2_COURT_ORDER = "part2_court_order"
    # A medical emergency in which consent can't be had first, or in which a disaster closed the
    # program (42 CFR 2.51(a)(1), (2)).
    PART2_EMERGENCY = "part2_emergency"
    # Medical personnel of the FDA fear an error in a product, and only warn patients or their
    # physicians (42 CFR 2.51(b)).
    PART2_FDA = "part2_fda"
    PART2_AUDIT = "part2_audit"
    PART2_RESEARCH = "part2_research"
    CHILD_ABUSE_REPORT = "child_abuse_report"
    # It would put the member at risk of serious harm, or tell a representative who is believed to
    # be the one who harms them (45 CFR 164.512(c)(2)(i)-(ii)).
    TELLING_ENDANGERS = "telling_endangers"
    AUTHOR_OF_NOTES = "author_of_notes"
    ABOUT_THE_AUTHOR = "about_the_author"
    OWN_TRAINEES = "own_trainees"
    SUED_BY_THE_MEMBER = "sued_by_the_member"
    # A licensed professional judged that the parent may see it (45 CFR 164.502(g)(3)(ii)(C)).
    PROFESSIONAL_AGREES = "professional_agrees"
    TO_THE_CORONER = "to_the_coroner"  # and not to a funeral director
    # In their opinion someone is in imminent danger, or a felony or violent misdemeanor is likely
    # (N.C. G.S. 122C-55(d)).
    RESPONSIBLE_PROFESSIONAL = "responsible_professional"
    OF_STATE_DEPARTMENT = "of_state_department"  # the plan itself, one of its components
    # For what that department needs to know who is fit (45 CFR 164.512(k)(4)(i)-(iii)).
    SECURITY_CLEARANCE = "security_clearance"
    SERVICE_ABROAD = "service_abroad"
    FAMILY_ABROAD = "family_abroad"
    # Facts of refusal.
    OBJECTED = "objected"
    MAY_HARM_THE_MEMBER = "may_harm_the_member"
    OUTSIDE_THE_NOTICE = "outside_the_notice"
    # And it is about no care, claim or benefit for health (45 CFR 164.512(d)(2)).
    MEMBER_IS_TARGET = "member_is_target"
    LEARNED_IN_TREATMENT = "learned_in_treatment"
    # Neither helps nor refuses by itself: it says which rule holds for a minor's items.
    PARENT_OF_MINOR = "parent_of_minor"


REFUSING = frozenset(
    {
        Fact.OBJECTED,
        Fact.MAY_HARM_THE_MEMBER,
        Fact.OUTSIDE_THE_NOTICE,
        Fact.MEMBER_IS_TARGET,
        Fact.LEARNED_IN_TREATMENT,
        Fact.PAID_FOR,
        Fact.PARENT_OF_MINOR,
    }
)


class Obligation(Code):
    """What whoever carries out the decision owes with it."""

    ACCOUNT = "account"  # a row for the accounting (45 CFR 164.528)
    PART2_NOTICE = "part2_notice"  # 42 CFR 2.32(a)
    PART2_CONSENT_COPY = "part2_consent_copy"  # 42 CFR 2.32(b), or what it covers in words
    ASK_NOT_TO_USE_FURTHER = "ask_not_to_use_further"  # 45 CFR 164.522(a)(1)(iv)
    TELL_RESTRICTION = "tell_restriction"  # the receiver is bound to it too
    SECOND_APPROVER = "second_approver"
    ASSESS_BREACH = "assess_breach"  # 45 CFR 164.402
    # To whom, by whom, when, and what the emergency or error was, in the member's records at once.
    DOCUMENT_EMERGENCY = "document_emergency"  # 42 CFR 2.51(c)
    # Promptly, or as soon as they can be told (45 CFR 164.512(c)(2), 510(b)(3)).
    TELL_MEMBER = "tell_member"
    OFFICER_REVIEWS = "officer_reviews"  # within 2 business days, what was judged best for them


class ConsentKind(Code):
    AUTHORIZATION = "authorization"  # 45 CFR 164.508
    PSYCHOTHERAPY_NOTES = "psychotherapy_notes"  # 45 CFR 164.508(a)(2), (b)(3)(ii)
    PART2_TPO = "part2_tpo"  # 42 CFR 2.31(a)(4)(i)
    PART2 = "part2"  # 42 CFR 2.31 for one purpose and party
    PART2_PROCEEDINGS = "part2_proceedings"  # 42 CFR 2.31(d)
    SUD_NOTES = "sud_notes"  # 42 CFR 2.31(b)
    MINORS_PART2 = "minors_part2"  # the minor's own, toward a parent: 42 CFR 2.14
    MINORS_OWN = "minors_own"  # the same by a state's law, of what the minor alone may agree to


@dataclass(frozen=True)
class Item:
    """What is asked for. `tags` takes any text, so that one we don't know can be refused."""

    category: Category
    tags: frozenset[str] = frozenset()
    traits: frozenset[Trait] = frozenset()


def with_each_tag(category: Category) -> tuple[Item, ...]:
    """To ask of a whole file: an item without a tag and one with each, whatever is in it."""
    return Item(category), *(Item(category, frozenset({tag})) for tag in Tag)


@dataclass(frozen=True)
class Consent:
    """A permission of the member as it is on file. An empty set covers nothing."""

    kind: ConsentKind
    recipients: frozenset[Recipient]
    purposes: frozenset[Purpose]
    categories: frozenset[Category]
    signed_at: datetime
    tags: frozenset[str] = frozenset()
    # Who may receive; a class in words is enough for treatment, payment and operations alone.
    parties: frozenset[str] = frozenset()
    # The last day on which it holds, in the plan's zone. None: no end ("none" of 42 CFR 2.31).
    through: date | None = None
    revoked_at: datetime | None = None
    # All elements and statements that its law asks for.
    complete: bool = False
    names_payment: bool = False


@dataclass(frozen=True)
class Restriction:
    """What the plan agreed not to use or share (45 CFR 164.522(a)). An empty set means: any."""

    recipients: frozenset[Recipient] = frozenset()
    purposes: frozenset[Purpose] = frozenset()
    categories: frozenset[Category] = frozenset()
    tags: frozenset[str] = frozenset()
    through: date | None = None


@dataclass(frozen=True)
class Agreement:
    """With a business associate: for which purposes, and on which days it holds."""

    purposes: frozenset[Purpose]
    since: date
    through: date | None = None


@dataclass(frozen=True)
class Question:
    """`consents` and `restrictions` are None where nobody looked: then nothing is permitted.

    `now` is aware, in the plan's zone: its date is the day on which a last day is still meant.
    """

    act: Act
    recipient: Recipient | None
    purpose: Purpose | None
    items: tuple[Item, ...]
    facts: frozenset[Fact]
    now: datetime
    consents: tuple[Consent, ...] | None = None
    restrictions: tuple[Restriction, ...] | None = None
    agreement: Agreement | None = None
    # Which one of its kind the recipient is; consents name it.
    party: str = ""
    # Whose law of a state holds, and which version of it: empty for the newest (see `states`).
    state: str = "us"
    pack: str = ""
    # Of the member, in whole years on that day. None: not known, or nobody asks.
    age: int | None = None
    # What else the recipient is. All that they are must be allowed to have it.
    also: frozenset[Recipient] = frozenset()


@dataclass(frozen=True)
class Decision:
    permitted: bool
    basis: str = ""
    citation: str = ""
    obligations: tuple[Obligation, ...] = ()
    # Items that the recipient may not have though the rest is permitted.
    cut: tuple[Item, ...] = ()
    # Why it is refused, or why something was cut away.
    reason: str = ""
    version: str = ""
    # State and version of the law of a state that it was made under.
    pack: str = ""
    # As the trail keeps it, once somebody's question was answered.
    told: str = field(default="", compare=False)
    sentence: str | Promise = field(default="", compare=False)
