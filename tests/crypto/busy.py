"""Other processes of the portal while keys are replaced: they read and write, again and again.

Run as `python -m tests.crypto.busy PLAN MEMBER`: it ends when told, and prints what failed.
"""

import os
import select
import sys
import traceback
from uuid import UUID

import django


def main(plan_id: UUID, member_id: UUID) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()

    rounds, faults = 0, []
    while not select.select([sys.stdin], [], [], 0)[0]:
        try:
            one_request(plan_id, member_id, rounds)
        except Exception:
            faults.append(traceback.format_exc())
        rounds += 1
        if rounds == 1:
            print("going", flush=True)
    print(rounds, "rounds")
    print(*faults[:3], sep="\n")


def one_request(plan_id: UUID, member_id: UUID, number: int) -> None:
    from accounts.models import Member
    from messaging.models import Draft
    from portal.base import context
    from portal.base.crypto import keyring
    from portal.base.files import sealed
    from portal.base.files.models import SealedFile

    with context.system("busy", plan_id), context.about_member(member_id):
        keyring.check_epoch()
        member = Member.objects.get(pk=member_id)
        assert member.full_name
        drafts = list(Draft.objects.order_by("pk"))
        assert all(draft.body.startswith("Words") for draft in drafts)
        draft = drafts[number % len(drafts)]
        draft.body = f"Words {number}"
        draft.save(update_fields=["body"])
        # An unopened value written back as it was read: the hard case.
        other = Draft.objects.get(pk=drafts[(number + 1) % len(drafts)].pk)
        other.save()
        for file in SealedFile.objects.filter(removed_at=None):
            assert sealed.read(file).startswith(b"Canary")


if __name__ == "__main__":
    main(UUID(sys.argv[1]), UUID(sys.argv[2]))
