"""Which permissions and restrictions on file hold for an item, at the moment of the question."""

from collections.abc import Collection
from datetime import datetime

from consents.question import (
    Consent,
    ConsentKind,
    Item,
    Purpose,
    Question,
    Recipient,
    Restriction,
)

# Only consent to all treatment, payment and operations may have no end, and name a class of
# recipients in place of each (42 CFR 2.31(a)(4)(i), (a)(7)).
_OPEN_ENDED = frozenset({ConsentKind.PART2_TPO})
# And it opens nothing else, whatever it says (42 CFR 2.33). Of the house's own purposes: messages
# of care, the letters, and what keeps privacy law are such operations (45 CFR 164.501).
TPO = frozenset(
    {
        Purpose.TREATMENT,
        Purpose.PAYMENT,
        Purpose.OPERATIONS,
        Purpose.CARE_MESSAGE,
        Purpose.OUTSIDE_TEAM,
        Purpose.PRIVACY_OVERSIGHT,
        Purpose.MAILING,
    }
)
# Whoever takes one of these back wants no record of a program to go there any more.
_OF_ALL_PROGRAMS = frozenset({ConsentKind.PART2_TPO, ConsentKind.PART2})
_OF_PART2 = _OF_ALL_PROGRAMS | {ConsentKind.SUD_NOTES, ConsentKind.PART2_PROCEEDINGS}


def consented(question: Question, recipient: Recipient, item: Item, *kinds: ConsentKind) -> bool:
    """Any of the kinds is enough. Of those, one that was taken back ends all that are older."""
    covering = _covering(question, recipient, item, kinds)
    return any(_holds(question, one, kinds) for one in covering)


def names_payment(question: Question, recipient: Recipient, item: Item, kind: ConsentKind) -> bool:
    covering = _covering(question, recipient, item, (kind,))
    return any(one.names_payment and _holds(question, one, (kind,)) for one in covering)


def _covering(
    question: Question, recipient: Recipient, item: Item, kinds: Collection[ConsentKind]
) -> list[Consent]:
    return [
        one
        for one in question.consents or ()
        if one.kind in kinds
        and recipient in one.recipients
        and question.purpose in one.purposes
        and (one.kind is not ConsentKind.PART2_TPO or question.purpose in TPO)
        and item.category in one.categories
        and item.tags <= one.tags
        and (question.party in one.parties or (not one.parties and one.kind in _OPEN_ENDED))
    ]


def _holds(question: Question, consent: Consent, kinds: Collection[ConsentKind]) -> bool:
    # A time without its zone is no time.
    if not consent.complete or consent.signed_at.tzinfo is None:
        return False
    if consent.signed_at > question.now:
        return False
    if consent.through is None and consent.kind not in _OPEN_ENDED:
        return False
    if consent.through is not None and question.now.date() > consent.through:
        return False
    return not _revoked(question, consent, kinds)


def _revoked(question: Question, consent: Consent, kinds: Collection[ConsentKind]) -> bool:
    """A revocation ends all that was signed before it and permits the same to the same party:
    nobody who takes a permission back means its twin to stay (45 CFR 164.508(b)(5), 42 CFR
    2.31(a)(6))."""
    ending = {*kinds, *(_OF_ALL_PROGRAMS if consent.kind in _OF_PART2 else ())}
    return any(
        one.revoked_at is not None
        and (one is consent or _before(consent.signed_at, one.revoked_at))
        and one.kind in ending
        and one.recipients & consent.recipients
        and one.purposes & consent.purposes
        and one.categories & consent.categories
        and (one.parties & consent.parties or not one.parties or not consent.parties)
        for one in question.consents or ()
    )


def _before(signed_at: datetime, revoked_at: datetime) -> bool:
    """In doubt it was: a revocation without its zone ends whatever it could."""
    return revoked_at.tzinfo is None or signed_at <= revoked_at


def restricted(question: Question, recipient: Recipient, item: Item) -> bool:
    """Of restrictions that disagree each holds: what any one of them forbids is forbidden."""
    return any(_forbids(question, recipient, item, one) for one in question.restrictions or ())


def _forbids(question: Question, recipient: Recipient, item: Item, one: Restriction) -> bool:
    return (
        (one.through is None or question.now.date() <= one.through)
        and (not one.recipients or recipient in one.recipients)
        and (not one.purposes or question.purpose in one.purposes)
        and (not one.categories or item.category in one.categories)
        and (not one.tags or bool(one.tags & item.tags))
    )
