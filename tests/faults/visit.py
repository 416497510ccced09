"""A person's browser, as far as HTTP goes: one host, its cookies, its forms."""

import base64
import html
import http.client
import re
import time
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from django_otp.oath import totp


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    location: str
    seconds: float


@dataclass
class Visit:
    port: int
    host: str
    cookies: dict[str, str] = field(default_factory=dict)
    # Each address has its own limits of tries.
    source: str = "127.0.0.1"

    def get(self, path: str) -> Answer:
        return self._ask("GET", path, None)

    def post(self, path: str, **form: str) -> Answer:
        if "__Host-csrf" not in self.cookies:
            self.get("/sign-in/")
        token = self.cookies.get("__Host-csrf", "")
        return self._ask("POST", path, {**form, "csrfmiddlewaretoken": token})

    def twin(self) -> "Visit":
        """The same browser in a second window that knows nothing of the first one's answers."""
        return replace(self, cookies=dict(self.cookies))

    def _ask(self, method: str, path: str, form: dict[str, str] | None) -> Answer:
        begun = time.monotonic()
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=30, source_address=(self.source, 0)
        )
        headers = {
            "Host": f"{self.host}:{self.port}",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
        }
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, urlencode(form) if form else None, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, value = cookie.partition(";")[0].split("=", 1)
            self.cookies[name] = value
        connection.close()
        location = answer.headers.get("Location", "")
        return Answer(answer.status, text, location, time.monotonic() - begun)

    def give_password(self, user_id: str, password: str) -> Answer:
        return self.post("/sign-in/", login=user_id, password=password)

    def sign_in(self, user_id: str, password: str, secret: str) -> list[Answer]:
        first = self.give_password(user_id, password)
        second = self.post(first.location, code=code_of(secret))
        return [first, second, self.get(second.location or "/")]

    def new_message(self) -> dict[str, str]:
        """The form as it stands on the page, with the safety page read before."""
        self.post("/messages/safety/")
        page = self.get("/messages/new/").text
        return {"send_key": field_of(page, "send_key"), "team": field_of(page, "team")}


def field_of(page: str, name: str) -> str:
    found = [tag for tag in re.findall(r"<input[^>]*>", page) if f'name="{name}"' in tag]
    value = re.search(r'value="([^"]*)"', found[0])
    assert value
    return html.unescape(value[1])


def code_of(secret: str) -> str:
    return f"{totp(base64.b32decode(secret)):06}"
