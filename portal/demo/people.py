"""Who lives in the demo: invented families and staff of two plans."""

import unicodedata
from datetime import date, timedelta
from random import Random
from typing import Literal, NamedTuple
from uuid import NAMESPACE_URL, UUID, uuid5

from consents.states import age_on
from portal.demo import tables
from portal.demo.shapes import Address, Language, Member, Role, Sex, Staff, Team

Relationship = Literal["self", "spouse", "child", "parent"]
NAMESPACE = uuid5(NAMESPACE_URL, "https://demo.example.test/")
BORN_ON_LEAP_DAY = "leap day"
# Older members who never had one: they get letters.
NO_EMAIL = frozenset(
    {"rosa.diaz", "walter.schmidt", "jose.munozpena", "carmen.munozpena", "soren.petersen"}
)
TEAMS = (
    ("primary", "Primary care team", "Visits, medicines, tests and everyday health."),
    ("behavioral", "Behavioral health team", "Mood, stress, sleep, alcohol and drug use."),
    ("claims", "Claims help team", "Bills, coverage and what the plan pays."),
)


class Cast(NamedTuple):
    given: str
    family: str
    sex: Sex
    age: int
    relationship: Relationship
    language: Language = "en"
    profile: str = ""
    # Days until the next birthday, or the leap day.
    birthday: int | str | None = None
    died_days_ago: int | None = None


CAST: dict[str, tuple[Cast, ...]] = {
    "cedar": (
        Cast("Ana", "Díaz", "female", 42, "self", "en", "hypertension cholesterol anxiety"),
        Cast("Luis", "Díaz", "male", 44, "spouse", "es", "diabetes back_pain"),
        Cast("Sofía", "Díaz", "female", 15, "child", "en", "hay_fever birth_control"),
        Cast("Mateo", "Díaz", "male", 8, "child", "en", "asthma"),
        Cast("Rosa", "Díaz", "female", 71, "parent", "es", "diabetes hypertension"),
        Cast("Maeve", "O’Brien", "female", 50, "self", "en", "thyroid migraine"),
        Cast("Declan", "O’Brien", "male", 52, "spouse", "en", "alcohol_use cholesterol"),
        Cast("Finn", "O’Brien", "male", 17, "child", "en", "adhd", 12),
        Cast("Linh", "Nguyễn", "female", 36, "self", "en", "migraine"),
        Cast("Minh", "Nguyễn", "male", 39, "spouse", "en", "reflux"),
        Cast("An", "Nguyễn", "female", 2, "child", "en", "eczema"),
        Cast("Jean-Luc", "Lefèvre", "male", 38, "self", "en", "opioid_use depression",
             BORN_ON_LEAP_DAY),
        Cast("Walter", "Schmidt", "male", 83, "self", "en", "afib heart_failure hypertension"),
        Cast("Harold", "Whitaker", "male", 79, "self", "en", "heart_failure diabetes",
             None, 40),
        Cast("Aaliyah", "Johnson", "female", 27, "self", "en", "depression anxiety"),
    ),
    "harbor": (
        Cast("Ana", "Díaz", "female", 34, "self", "es", "thyroid"),
        Cast("Emilio", "Díaz", "male", 4, "child", "es", "asthma"),
        Cast("Gianna", "D’Angelo", "female", 45, "self", "en", "cholesterol anxiety"),
        Cast("Marco", "D’Angelo", "male", 47, "spouse", "en", "hypertension back_pain"),
        Cast("Lucía", "D’Angelo", "female", 13, "child", "en", "depression"),
        Cast("Nico", "D’Angelo", "male", 11, "child", "en", "adhd"),
        Cast("José", "Muñoz Peña", "male", 66, "self", "es", "diabetes cholesterol"),
        Cast("Carmen", "Muñoz Peña", "female", 64, "spouse", "es", "hypertension reflux"),
        Cast("Zofia", "Kowalska-Łuczak", "female", 30, "self", "en", "migraine",
             BORN_ON_LEAP_DAY),
        Cast("Adébáyọ̀", "Oyelaran", "male", 58, "self", "en", "hypertension diabetes"),
        Cast("Temi", "Oyelaran", "female", 17, "child", "en", "asthma anxiety", 25),
        Cast("Søren", "Petersen", "male", 77, "self", "en", "afib cholesterol"),
        Cast("Ingrid", "Petersen", "female", 74, "spouse", "en", "heart_failure", None, 65),
        Cast("Renée", "St. John", "female", 31, "self", "en", "depression"),
        Cast("Tyrell", "Brooks", "male", 39, "self", "en", "opioid_use back_pain"),
    ),
}  # fmt: skip

STAFF: dict[str, tuple[tuple[str, str, Role, Language, str], ...]] = {
    "cedar": (
        ("Grace", "Kim", "care_worker", "en", "primary"),
        ("Tomás", "Rivera", "care_worker", "es", "primary"),
        ("Noor", "Haddad", "care_worker", "en", "behavioral"),
        ("Ben", "Carter", "care_worker", "en", "claims"),
        ("Helen", "Moss", "supervisor", "en", "primary behavioral claims"),
        ("Victor", "Lang", "privacy_officer", "en", ""),
        ("Paula", "Grant", "plan_administrator", "en", ""),
        ("Olga", "Reyes", "operator", "en", ""),
    ),
    "harbor": (
        ("Samuel", "Park", "care_worker", "en", "primary"),
        ("Inés", "Castillo", "care_worker", "es", "primary claims"),
        ("Ruth", "Abara", "care_worker", "en", "behavioral"),
        ("Leo", "Marsh", "care_worker", "en", "claims"),
        ("Dina", "Farouk", "supervisor", "en", "primary behavioral claims"),
        ("Irene", "Cho", "privacy_officer", "en", ""),
        ("Miles", "Turner", "plan_administrator", "en", ""),
        ("Oscar", "Lind", "operator", "en", ""),
    ),
}


def demo_id(*parts: object) -> UUID:
    return uuid5(NAMESPACE, "/".join(str(part) for part in parts))


def make_user_id(given: str, family: str) -> str:
    # These two letters have no decomposed form that NFKD could strip.
    text = f"{given}.{family}".replace("Ł", "L").replace("ł", "l").replace("ø", "o")
    kept = (c for c in unicodedata.normalize("NFKD", text) if c.isascii())
    first, _, last = "".join(kept).lower().partition(".")
    return ".".join("".join(c for c in part if c.isalnum() or c == "-") for part in (first, last))


def years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def _birth_date(cast: Cast, today: date, rng: Random) -> date:
    if cast.birthday == BORN_ON_LEAP_DAY:
        year = today.year - cast.age
        return date(year - year % 4, 2, 29)
    if isinstance(cast.birthday, int):
        return years_before(today + timedelta(days=cast.birthday), cast.age + 1)
    return years_before(today, cast.age) - timedelta(days=rng.randint(30, 330))


def _address(slug: str, rng: Random) -> Address:
    town = rng.choice(tables.TOWNS[slug])
    # No place has a ZIP code below 00501.
    zip_code = f"00{rng.randint(100, 499)}"
    return Address(f"{rng.randint(11, 989)} {rng.choice(tables.STREETS)}", town, "CA", zip_code)


def _member(
    slug: str, cast: Cast, *, number: int, home: Address, head: UUID, parents: tuple[UUID, ...],
    today: date, rng: Random,
) -> Member:  # fmt: skip
    user_id = make_user_id(cast.given, cast.family)
    can_sign_in = cast.age >= 13 and cast.died_days_ago is None
    born = _birth_date(cast, today, rng)
    died = None if cast.died_days_ago is None else today - timedelta(days=cast.died_days_ago)
    return Member(
        id=demo_id(slug, "member", user_id),
        member_number=f"{slug[0].upper()}{rng.randint(1000, 9999)}{1000 + number}",
        user_id=user_id if can_sign_in else None,
        given=cast.given,
        family=cast.family,
        birth_date=born,
        sex=cast.sex,
        language=cast.language,
        email=None if not can_sign_in or user_id in NO_EMAIL else f"{user_id}@{slug}.example.test",
        # 555-0100 to 555-0199 are kept for fiction.
        phone=f"({209 if slug == 'cedar' else 707}) 555-01{number:02}",
        address=home,
        family_key=f"{slug}-{make_user_id(cast.family, '').replace('.', '')}",
        relationship=cast.relationship,
        subscriber_id=head,
        guardian_ids=parents if age_on(born, today) < 18 else (),
        deceased_on=died,
        profile=tuple(cast.profile.split()),
    )


def make_members(slug: str, today: date, rng: Random) -> tuple[Member, ...]:
    families: dict[str, list[Cast]] = {}
    for cast in CAST[slug]:
        families.setdefault(cast.family, []).append(cast)
    made: list[Member] = []
    for family in families.values():
        home = _address(slug, rng)
        ids = {c: demo_id(slug, "member", make_user_id(c.given, c.family)) for c in family}
        head = next(ids[c] for c in family if c.relationship == "self")
        parents = tuple(ids[c] for c in family if c.relationship in ("self", "spouse"))
        for cast in family:
            made.append(
                _member(slug, cast, number=len(made) + 1, home=home, head=head,
                        parents=parents, today=today, rng=rng)
            )  # fmt: skip
    return tuple(made)


def make_staff(slug: str) -> tuple[Staff, ...]:
    return tuple(
        Staff(
            id=demo_id(slug, "staff", make_user_id(given, family)),
            user_id=make_user_id(given, family),
            role=role,
            given=given,
            family=family,
            email=f"{make_user_id(given, family)}@{slug}-staff.example.test",
            language=language,
            team_keys=tuple(teams.split()),
        )
        for given, family, role, language, teams in STAFF[slug]
    )


def make_teams(slug: str, staff: tuple[Staff, ...]) -> tuple[Team, ...]:
    return tuple(
        Team(demo_id(slug, "team", key), key, name, description,
             tuple(person.id for person in staff if key in person.team_keys))
        for key, name, description in TEAMS
    )  # fmt: skip
