"""Guards that the database stands behind: both are taken out, as a test sees no more than both."""

from tests.mutations.mutant import Mutant
from tests.mutations.of_database import opened

# A number is marked with its plan, so one of another plan is asked for by every plan's mark.
_ANY_PLAN = """
    for plan in plans():
        mark = blind_index("member.number", plan.pk, number)
        if found := Member.objects.filter(member_number_index=mark).first():
            return found
    in_plan = Member.objects.none()"""

MUTANTS = (
    Mutant(
        "a member sees all threads of the plan",
        ("tests/messaging/test_member.py::test_a_members_pages_are_closed_to_others",),
        "messaging.access",
        "return threads.filter(member_id=user.member_id)",
        "return threads",
        sql=opened("messaging_thread_rows"),
    ),
    Mutant(
        "a copy is anyone's",
        (
            "tests/sweeps/test_urls.py::test_every_url_lets_in_whom_the_table_says[stranger]",
            "tests/phi_records/test_copies.py",
        ),
        "phi_records.copies",
        "plan_id=user.plan_id, owner_id=user.pk, kind=KIND",
        "kind=KIND",
        sql=opened("base_job_rows"),
    ),
    Mutant(
        "staff look members up in any plan",
        ("tests/accounts/test_lookups.py",),
        "accounts.access",
        "\n    in_plan = Member.objects.filter(plan_id=user.plan_id)",
        _ANY_PLAN,
        sql=opened("accounts_member_rows"),
    ),
)


def all_mutants() -> tuple[Mutant, ...]:
    return MUTANTS
