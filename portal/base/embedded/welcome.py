"""What `make run` prints when everything runs."""

import json
import os
from typing import Any

from portal.base.embedded.instance import Instance

COLUMNS = {
    "Plan": "plan",
    "Role": "role",
    "User ID": "user_id",
    "Member ID": "member_id",
    "Password": "password",
    "Key for one-time codes": "totp_secret",
    "Address": "url",
}


def welcome(instance: Instance, accounts_output: str) -> None:
    everyone = read_accounts(accounts_output)
    accounts = one_per_role(everyone)
    manage = ".venv/bin/python manage.py"
    if folder := os.environ.get("RUN_DIR"):
        manage = f"RUN_DIR={folder} {manage}"
    if accounts:
        print(f"\n{table(accounts)}\n")
        shown = next((one for one in accounts if one["role"] == "member"), accounts[0])
        new = [f"{one['user_id']} ({one['plan']})" for one in everyone if not one["totp_secret"]]
        if new:
            print(f"Sets up a second step first, with the same password: {', '.join(new)}")
        print("One-time code: the page that asks for it shows it in this demo. Or put the key into")
        print("any authenticator app, or run")
        print(f"    {manage} demo_code {shown['user_id']} --plan {shown['plan']}")
        print(f"Everyone else: {manage} demo_accounts")
    print(f"Mail that was sent: http://localhost:{instance.values['MAIL_PAGE_PORT']}")
    print(f"Logs: {instance.place.logs}")
    print("Ctrl-C stops everything and keeps the data.")
    print(f"Ready at http://localhost:{instance.values['PORT']}", flush=True)


def read_accounts(output: str) -> list[dict[str, str]]:
    """Of `demo_accounts --json`, which may have warned of something before."""
    try:
        found: list[dict[str, Any]] = json.loads(output[output.index("[") :])
    except ValueError:
        return []
    return [{name: str(one.get(name) or "") for name in COLUMNS.values()} for one in found]


def one_per_role(accounts: list[dict[str, str]]) -> list[dict[str, str]]:
    """The first of each role in each plan; sooner those with a key, and with a namesake."""
    plans: dict[str, set[str]] = {}
    for one in accounts:
        plans.setdefault(one["user_id"], set()).add(one["plan"])
    chosen: dict[tuple[str, str], dict[str, str]] = {}
    for one in sorted(
        accounts, key=lambda one: (not one["totp_secret"], -len(plans[one["user_id"]]))
    ):
        chosen.setdefault((one["plan"], one["role"]), one)
    return [chosen[place] for place in sorted(chosen)]


def table(accounts: list[dict[str, str]]) -> str:
    rows = [list(COLUMNS), *([one[name] for name in COLUMNS.values()] for one in accounts)]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    rows.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
