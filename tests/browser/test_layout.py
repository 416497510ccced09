"""Small screens, 400 % zoom, keyboard, light and dark: every public page, and a member's own."""

from datetime import date

import pytest
from playwright.sync_api import Page

from accounts.models import Plan, TeamSeat
from messaging.models import Thread, ThreadState
from portal.base import context
from tests.browser.conftest import Site
from tests.browser.people import Person
from tests.browser.visitor import Visitor, browser, visitor

PUBLIC = (
    "/sign-in/", "/password/reset/", "/accessibility/", "/cookies/", "/notices/npp/", "/notices/",
    "/free-help/", "/status/", "/signed-out/?timed_out=1", "/gallery/", "/not/there/",
)  # fmt: skip
OWN = (
    "/", "/records/", "/records/kinds/medicines/", "/messages/", "/messages/safety/",
    "/privacy/who-has-seen/", "/privacy/whole-record/", "/account/", "/account/app/",
)  # fmt: skip
LOOKED_INTO = 4  # conversations by axe; of the others the width, which is what differs
LONG = "https://health.example/" + "w" * 97
# What the Tab key comes to, and whether any corner of it can be seen (WCAG 2.4.11).
FOCUSED = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const box = at.getBoundingClientRect();
  const inset = (from, to, part) => from + (to - from) * part;
  const seen = [0.1, 0.5, 0.9].some((x) => [0.1, 0.5, 0.9].some((y) => {
    const top = document.elementFromPoint(
      inset(box.left, box.right, x), inset(box.top, box.bottom, y));
    return top && (at.contains(top) || top.contains(at));
  }));
  return {words: (at.innerText || at.name || at.id || "").trim(), seen};
}"""
# The square to scan: all of its marks inside, with the four modules of margin that it needs.
WHOLE_SQUARE = """() => {
  const svg = document.querySelector(".qr svg");
  const frame = svg.getBoundingClientRect();
  const marks = svg.querySelector("path").getBoundingClientRect();
  const margin = (4 * frame.width) / svg.viewBox.baseVal.width - 1;
  return frame.width === frame.height && frame.right <= document.documentElement.clientWidth
    && marks.left - frame.left >= margin && frame.right - marks.right >= margin
    && marks.top - frame.top >= margin && frame.bottom - marks.bottom >= margin;
}"""
pytestmark = pytest.mark.browser


def by_tab(page: Page) -> list[str]:
    """Everything that the Tab key comes to, in its order. Each can be seen when it is reached."""
    page.evaluate("document.activeElement.blur()")
    words: list[str] = []
    for _press in range(400):
        page.keyboard.press("Tab")
        found = page.evaluate(FOCUSED)
        if found is None:
            return words
        assert found["seen"], f"{page.url}: {found['words']!r} has focus and is covered"
        words.append(found["words"])
    raise AssertionError(f"{page.url}: the Tab key never comes to the end")


def look_over(at: Visitor, path: str, name: str) -> list[str]:
    at.go(path)
    # A page that isn't there says so in the console as well.
    at.troubles[:] = [told for told in at.troubles if "404 (Not Found)" not in told]
    at.check(name)
    reached = by_tab(at.page)
    assert reached[0] == "Skip to main content", f"{path}: {reached[:2]}"
    assert reached[1:3] == ["Call 988", "text 988"], f"{path}: {reached[:3]}"
    return reached


@pytest.mark.parametrize(("width", "scheme"), [("small", "light"), ("zoomed", "dark")])
def test_pages_fit_small_screens_and_the_keyboard(
    width: str, scheme: str, chromium: str, cedar: Plan, people: dict[str, Person], site: Site
) -> None:
    with browser(chromium) as running:
        at = visitor(running, site.origin(cedar.host), width, color_scheme=scheme)
        for path in PUBLIC:
            reached = look_over(at, path, f"{path.strip('/').partition('/')[0]}-{scheme}")
            assert path != "/sign-in/" or "Sign in" in reached
        people["ana.diaz"].sign_in(at)
        for path in OWN:
            reached = look_over(at, path, f"own-{path.strip('/').replace('/', '-')}-{scheme}")
            assert path != "/" or "Write to your care team" in reached
        sees_a_chart(at, scheme)
        skips_to_the_matter(at)
        chooses_colors(at)


@pytest.mark.parametrize(
    ("language", "late", "waits"),
    [("en-US", "days late", "Waiting on member"), ("es-US", "de atraso", "En espera del miembro")],
)
def test_conversations_fit_the_teams_small_screen(
    language: str,
    late: str,
    waits: str,
    chromium: str,
    cedar: Plan,
    people: dict[str, Person],
    site: Site,
) -> None:
    """A late one and an answered one: the words beside the subject are the longest there."""
    with context.system("test", plan_id=cedar.pk):
        waiting = Thread.objects.filter(plan=cedar, state=ThreadState.WAITING)
        waiting.update(answer_by=date(2026, 11, 4))
    with browser(chromium) as running:
        at = visitor(running, site.origin(cedar.host), "small")
        people["helen.moss"].sign_in(at)
        at.page.context.set_extra_http_headers({"Accept-Language": language})
        at.go("/messages/team/?view=all")
        at.check(f"team-inbox-{language}")
        links = at.page.locator(".queue a").evaluate_all("all => all.map((a) => a.pathname)")
        seen = ""
        for number, path in enumerate(links):
            at.go(path)
            (at.check if number < LOOKED_INTO else at.fits)(f"team-thread-{number}")
            seen += at.page.locator(".head-line").inner_text()
        assert late in seen
        assert waits in seen


def test_a_word_without_an_end_widens_no_page(
    chromium: str, cedar: Plan, people: dict[str, Person], site: Site
) -> None:
    with context.system("test", plan_id=cedar.pk):
        thread = Thread.objects.filter(plan=cedar, state=ThreadState.WAITING).latest("pk")
        member, team = thread.member, thread.team_id
        with context.about_member(member.pk):
            thread.subject = LONG
            thread.save(update_fields=["subject"])
        seats = TeamSeat.objects.filter(team_id=team, user__role="care_worker")
        worker, person = seats.first().user.user_id, member.user.user_id
    inside = f"/messages/{thread.pk}/"
    pages = {
        person: ("/messages/", inside, f"{inside}misdirected/", "/privacy/who-has-seen/"),
        worker: ("/messages/team/", f"/messages/team/{thread.pk}/"),
    }
    with browser(chromium) as running:
        for who, paths in pages.items():
            at = visitor(running, site.origin(cedar.host), "small")
            people[who].sign_in(at)
            for path in paths:
                at.go(path)
                at.check(f"long-{path.strip('/').replace('/', '-')}")
                at.page.set_viewport_size({"width": 1280, "height": 900})
                at.check(f"long-wide-{path.strip('/').replace('/', '-')}")
                at.page.set_viewport_size({"width": 320, "height": 640})


def test_a_members_pages_fit_in_spanish(
    chromium: str, cedar: Plan, people: dict[str, Person], site: Site
) -> None:
    with browser(chromium) as running:
        at = visitor(running, site.origin(cedar.host), "small")
        people["rosa.diaz"].sign_in(at)
        at.page.context.set_extra_http_headers({"Accept-Language": "es-US"})
        for path in OWN:
            at.go(path)
            at.check(f"es-{path.strip('/').replace('/', '-')}")
        at.go("/account/app/")
        assert at.page.evaluate(WHOLE_SQUARE), "a camera needs the whole square, with its margin"


def sees_a_chart(at: Visitor, scheme: str) -> None:
    at.go("/records/kinds/tests/")
    paths = at.page.locator("main .ledger a").evaluate_all("all => all.map((a) => a.pathname)")
    for path in paths:
        at.go(path)
        if at.page.locator(".chart").count():
            at.check(f"chart-{scheme}")
            return
    raise AssertionError(f"no chart on any of {len(paths)} pages")


def skips_to_the_matter(at: Visitor) -> None:
    at.go("/")
    at.page.keyboard.press("Tab")
    at.page.keyboard.press("Enter")
    assert at.page.evaluate("document.activeElement.id") == "main"
    at.page.keyboard.press("Tab")
    assert at.page.evaluate("document.getElementById('main').contains(document.activeElement)")


def chooses_colors(at: Visitor) -> None:
    """The choice stays with the person, and a page has it before a script could run."""
    for look, paper in (("Dark", "rgb(26, 23, 20)"), ("Light", "rgb(246, 241, 230)")):
        at.go("/privacy/who-has-seen/?own=1")
        at.press(look)
        assert at.page.url.endswith("/privacy/who-has-seen/?own=1")
        assert at.page.evaluate("getComputedStyle(document.body).backgroundColor") == paper
        sent = at.page.reload()
        assert sent
        assert f'data-theme="{look.lower()}"' in sent.text()
        at.check(f"look-{look.lower()}")
    at.press("Dark")
    at.page.emulate_media(media="print")
    assert at.page.evaluate("getComputedStyle(document.body).backgroundColor") == (
        "rgb(255, 255, 255)"
    )
    assert at.page.locator(".demo").is_visible(), "a printed page of a demo says that it is one"
    at.page.emulate_media(media="screen")
