"""People at work who go on whatever happens, and write down what they were told."""

import http.client
import re
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.faults.visit import Answer, Visit, field_of

APART = (OSError, http.client.HTTPException)


@dataclass
class Journal:
    """What clients were told, by themselves: nothing of it comes from the portal's own tables."""

    acknowledged: list[str] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    # Where each that was asked for stands. While one is at work, asking leads to that one.
    copies: list[str] = field(default_factory=list)
    read: int = 0
    tries: Counter[str] = field(default_factory=Counter)
    odd: list[str] = field(default_factory=list)

    def told(self) -> str:
        return (
            f"messages acknowledged {len(self.acknowledged)}, answers {len(self.answered)}, "
            f"copies asked for {len(self.copies)}, pages read {self.read}; "
            f"answers by status {dict(sorted(self.tries.items()))}"
        )


@dataclass
class Client:
    """One person who goes on, whatever happens, until time is over."""

    visit: Visit
    journal: Journal
    over: threading.Event

    def ask(self, path: str, form: dict[str, str] | None = None) -> Answer | None:
        """None: nobody knows whether it was done."""
        try:
            twin = self.visit.twin()
            answer = twin.post(path, **form) if form is not None else twin.get(path)
        except APART:
            self.journal.tries["none"] += 1
            time.sleep(0.2)
            return None
        self.journal.tries[str(answer.status)] += 1
        if answer.status >= 500 and answer.status != 503:
            self.journal.odd.append(f"{path}: {answer.status}")
        if "/sign-in/" in answer.location or "/signed-out/" in answer.location:
            self.journal.odd.append(f"{path}: signed out")
            self.over.wait(1)
        if answer.status == 503:
            time.sleep(0.2)
        return answer

    def until_done(self, path: str, form: dict[str, str], done: str) -> str:
        """The same form, with its key, as often as it takes: where it led to, if time allowed."""
        while not self.over.is_set():
            answer = self.ask(path, form)
            if answer and answer.status == 302 and answer.location.startswith(done):
                return answer.location
        return ""

    def page(self, path: str) -> str:
        while not self.over.is_set():
            answer = self.ask(path)
            if answer and answer.status == 200:
                self.journal.read += 1
                return answer.text
        return ""


def member_writes(client: Client, name: str) -> None:
    for number in range(1_000_000):
        page = client.page("/messages/new/")
        if not page:
            return
        form = {key: field_of(page, key) for key in ("send_key", "team")}
        form |= {"subject": "Soak", "body": f"{name} {number}"}
        if client.until_done("/messages/new/", form, "/messages/sent/"):
            client.journal.acknowledged.append(form["body"])
        client.page("/records/")
        if number % 20 == 10:
            asked = {"send_key": field_of(client.page("/records/copy/") or " ", "send_key")}
            if led := client.until_done("/records/copy/", asked, "/records/copy/"):
                client.journal.copies.append(led)


def worker_answers(client: Client) -> None:
    done: set[str] = set()
    while not client.over.is_set():
        paths = re.findall(
            r'href="(/messages/team/[0-9a-f-]{36}/)"', client.page("/messages/team/")
        )
        fresh = [path for path in paths if path not in done]
        if not fresh:
            client.over.wait(0.3)
        for path in fresh[:3]:
            page = client.page(path)
            if not page:
                return
            form = {"send_key": field_of(page, "send_key"), "body": f"Answer {path[15:51]}"}
            if client.until_done(f"{path}answer/", form, path):
                client.journal.answered.append(form["body"])
            done.add(path)
