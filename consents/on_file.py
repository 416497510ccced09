"""Which permissions and restrictions on file hold for an item, at the moment of the question."""

from consents.question import Consent, ConsentKind, Item, Question, Recipient, Restriction

# Only consent to all treatment, payment and operations may have no end, and name a class of
# recipients in place of each (42 CFR 2.31(a)(4)(i), (a)(7)).
_OPEN_ENDED = frozenset({ConsentKind.PART2_TPO})


def consented(question: Question, recipient: Recipient, item: Item, kind: ConsentKind) -> bool:
    return any(_holds(question, one) for one in _covering(question, recipient, item, kind))


def names_payment(question: Question, recipient: Recipient, item: Item, kind: ConsentKind) -> bool:
    covering = _covering(question, recipient, item, kind)
    return any(one.names_payment and _holds(question, one) for one in covering)


def _covering(
    question: Question, recipient: Recipient, item: Item, kind: ConsentKind
) -> list[Consent]:
    return [
        one
        for one in question.consents or ()
        if one.kind is kind
        and recipient in one.recipients
        and question.purpose in one.purposes
        and item.category in one.categories
        and item.tags <= one.tags
        and (question.party in one.parties or (not one.parties and kind in _OPEN_ENDED))
    ]


def _holds(question: Question, consent: Consent) -> bool:
    if not consent.complete or consent.signed_at > question.now:
        return False
    if consent.through is None and consent.kind not in _OPEN_ENDED:
        return False
    if consent.through is not None and question.now.date() > consent.through:
        return False
    return not _revoked(question, consent)


def _revoked(question: Question, consent: Consent) -> bool:
    """A revocation ends all that was signed before it and permits the same to the same party:
    nobody who takes a permission back means its twin to stay (45 CFR 164.508(b)(5))."""
    return any(
        one.revoked_at is not None
        and (one is consent or consent.signed_at <= one.revoked_at)
        and one.kind is consent.kind
        and one.recipients & consent.recipients
        and one.purposes & consent.purposes
        and one.categories & consent.categories
        and (one.parties & consent.parties or not one.parties or not consent.parties)
        for one in question.consents or ()
    )


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
