"""The paper queue of the office: print, mail, and what came back."""

from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from disclosures import letter_access as access
from disclosures import letter_actions as actions
from disclosures import letter_shown as shown
from disclosures.letter_forms import MailForm, PrintForm, ReturnForm
from portal.base import once
from portal.base.letters.models import LetterState
from portal.base.letters.queue import Hindrance

NONE_LEFT = gettext_lazy("No letter was marked: someone may have done it before you.")


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    return _queue(request, _state(request.GET.get("state")))


def _state(name: str | None) -> LetterState:
    return LetterState(name) if name in LetterState.values else LetterState.WAITING


def _batch(request: HttpRequest) -> UUID | None:
    try:
        return UUID(request.GET.get("batch", ""))
    except ValueError:
        return None


def _queue(
    request: HttpRequest, state: LetterState, form: forms.Form | None = None, status: int = 200
) -> HttpResponse:
    user, batch_id = _user(request), _batch(request)
    page = access.listed(user, state, batch_id=batch_id, number=request.GET.get("page", 1))
    letters = list(page.object_list)
    waits = state == LetterState.WAITING
    needs = access.lacks(user, letters) if waits else {}
    members = access.members_of(user, letters)
    # What is to print goes out together, and so does what was printed together.
    ticked = _ticked(request, all_of_them=waits or batch_id is not None)
    rows = [
        shown.row(one, members.get(one.member_id), needs.get(one.pk, []))
        | {"ticked": ticked is None or str(one.pk) in ticked}
        for one in letters
    ]
    return TemplateResponse(
        request,
        "disclosures/letter_queue.html",
        {
            "here": "letters",
            "state": state.value,
            "view_title": shown.VIEWS[state],
            "views": shown.views(state, access.counts(user)),
            "letters": rows,
            "can_tick": any(not one["needs"] for one in rows) and state != LetterState.RETURNED,
            "batch_id": batch_id,
            "form": form or _form(user, state),
            "page": page,
            "query": urlencode({"state": state.value, **({"batch": batch_id} if batch_id else {})})
            + "&",
        },
        status=status,
    )


def _ticked(request: HttpRequest, *, all_of_them: bool) -> set[str] | None:
    """Those that were ticked when the form was sent; None for all."""
    if request.method == "POST":
        return set(request.POST.getlist("letters"))
    return None if all_of_them else set()


def _form(user: User, state: LetterState) -> forms.Form | None:
    if state == LetterState.WAITING:
        return PrintForm(user_id=user.pk, initial={"send_key": once.new_key(user.pk)})
    today = {"day": timezone.localdate().isoformat()}
    if state == LetterState.PRINTED:
        return MailForm(initial=today)
    return ReturnForm(initial=today) if state == LetterState.MAILED else None


@require_http_methods(["GET", "POST"])
def letter_print(request: HttpRequest) -> HttpResponse:
    user = _user(request)
    access.require_mailing(user)
    if request.method == "GET":
        return redirect("disclosures:letter-queue")
    form = PrintForm(request.POST, user_id=user.pk)
    if not form.is_valid():
        return _told_wrong(request, form, LetterState.WAITING)
    batch_id = form.cleaned_data["send_key"]
    hindered = actions.print_letters(by=user, ids=form.cleaned_data["letters"], batch_id=batch_id)
    for one in hindered:
        messages.error(request, _hindrance(one))
    if len(hindered) == len(form.cleaned_data["letters"]):
        return redirect("disclosures:letter-queue")
    if access.has_batch(user, batch_id):
        return redirect(f"{reverse('disclosures:letter-queue')}?state=printed&batch={batch_id}")
    messages.warning(request, str(NONE_LEFT))
    return redirect(f"{reverse('disclosures:letter-queue')}?state=printed")


def _hindrance(one: Hindrance) -> str:
    why = " ".join(shown.need_text(need) for need in one.needs)
    return _("Letter %(number)s was not printed. %(why)s") % {
        "number": one.letter.number,
        "why": why,
    }


@require_http_methods(["GET", "POST"])
def letter_mail(request: HttpRequest) -> HttpResponse:
    user = _user(request)
    access.require_mailing(user)
    if request.method == "GET":
        return redirect(f"{reverse('disclosures:letter-queue')}?state=printed")
    form = MailForm(request.POST)
    if not form.is_valid():
        return _told_wrong(request, form, LetterState.PRINTED)
    try:
        count = actions.mail_letters(
            by=user, ids=form.cleaned_data["letters"], on=form.cleaned_data["day"]
        )
    except actions.TooEarly:
        form.add_error("day", _("One of them was printed after this day. Enter a later day."))
        return _told_wrong(request, form, LetterState.PRINTED)
    if count:
        words = ngettext(
            "%(count)s letter is marked as mailed.",
            "%(count)s letters are marked as mailed.",
            count,
        )
        messages.success(request, words % {"count": count})
    else:
        messages.warning(request, str(NONE_LEFT))
    return redirect(f"{reverse('disclosures:letter-queue')}?state=mailed")


@require_http_methods(["GET", "POST"])
def letter_return(request: HttpRequest) -> HttpResponse:
    user = _user(request)
    access.require_mailing(user)
    if request.method == "GET":
        return redirect(f"{reverse('disclosures:letter-queue')}?state=mailed")
    form = ReturnForm(request.POST)
    if not form.is_valid():
        return _told_wrong(request, form, LetterState.MAILED)
    try:
        count = actions.take_back(
            by=user,
            ids=form.cleaned_data["letters"],
            on=form.cleaned_data["day"],
            reason=form.cleaned_data["reason"],
        )
    except actions.TooEarly:
        form.add_error("day", _("One of them was mailed after this day. Enter a later day."))
        return _told_wrong(request, form, LetterState.MAILED)
    if count:
        words = ngettext(
            "%(count)s letter is marked as back.", "%(count)s letters are marked as back.", count
        )
        messages.success(request, words % {"count": count})
    else:
        messages.warning(request, str(NONE_LEFT))
    return redirect(f"{reverse('disclosures:letter-queue')}?state=returned")


def _told_wrong(request: HttpRequest, form: forms.Form, state: LetterState) -> HttpResponse:
    """The list again, with what was wrong above it and what was chosen kept."""
    return _queue(request, state, form, status=422)


@require_safe
def letter_detail(request: HttpRequest, id: UUID) -> HttpResponse:
    user = _user(request)
    letter = access.get_letter(user, id)
    member = access.members_of(user, [letter]).get(letter.member_id)
    words = {"here": "letters", "letter": shown.detail(user, letter, member)}
    return TemplateResponse(request, "disclosures/letter_detail.html", words)


@require_safe
def letter_file(request: HttpRequest, id: UUID) -> HttpResponse:
    letter, pdf = access.printed(_user(request), id)
    return _pdf(pdf, f"letter-{letter.number}.pdf")


@require_safe
def letter_batch(request: HttpRequest, id: UUID) -> HttpResponse:
    return _pdf(access.batch(_user(request), id), f"letters-{timezone.localdate()}.pdf")


def _pdf(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_http_methods(["GET", "POST"])
def letter_unmark(request: HttpRequest, id: UUID) -> HttpResponse:
    user = _user(request)
    letter = access.get_letter(user, id)
    if request.method == "POST":
        if actions.unmark(by=user, letter=letter, state=request.POST.get("state", "")):
            messages.success(request, _("This is undone. The letter stands where it stood before."))
        else:
            messages.warning(request, _("Nothing was undone. Look where the letter stands now."))
    return redirect("disclosures:letter-detail", id=letter.pk)


@require_http_methods(["GET", "POST"])
def letter_again(request: HttpRequest, id: UUID) -> HttpResponse:
    user: Any = _user(request)
    letter = access.get_letter(user, id)
    if request.method == "GET":
        return redirect("disclosures:letter-detail", id=letter.pk)
    again = actions.write_again(by=user, letter=letter)
    messages.success(request, _("A new letter waits to be printed, to the address on file now."))
    return redirect("disclosures:letter-detail", id=again.pk)
