"""Which records are sensitive: the privacy officer's pages."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from consents.question import Tag
from consents.words import TAGS
from disclosures.forms import NO_SUCH_MEMBER
from phi_records import mark_access as access
from phi_records import mark_shown as shown
from phi_records.actions.marking import mark_record
from phi_records.mark_forms import ON, MarkForm, MarkQueryForm, MarkSearchForm
from portal.base.crypto.shown import shown as opening
from portal.base.words import other_words_told


@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HttpRequest) -> HttpResponseBase:
    user: Any = request.user
    access.require(user)
    form = MarkSearchForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        found = _query(user, form)
        if found is not None:
            return redirect(f"{request.path}?{urlencode(found)}")
    query = MarkQueryForm(request.GET)
    context: dict[str, Any] = {"here": "marks", "form": form}
    if request.method != "POST" and query.is_valid():
        context |= _found(user, query.cleaned_data, request.GET.get("page", 1))
    return TemplateResponse(
        request, "phi_records/mark_search.html", context, status=422 if form.errors else 200
    )


def _query(user: User, form: MarkSearchForm) -> dict[str, str] | None:
    data = form.cleaned_data
    member = access.find_member(user, data["member_number"])
    if member is None:
        form.add_error("member_number", NO_SUCH_MEMBER)
        return None
    found = {"member": str(member.pk), "kind": data["kind"], "every": data["every"]}
    return {name: value for name, value in found.items() if value}


def _found(user: User, wanted: dict[str, Any], number: str | int) -> dict[str, Any]:
    page = access.records(user, wanted, number)
    member = access.named(user, wanted["member"])
    known = urlencode({name: value for name, value in wanted.items() if value})
    typed = wanted | {"member_number": opening(member, "member_number")}
    return {
        "form": MarkSearchForm(initial=typed),
        "searched": True,
        "name": member.full_name,
        "every": bool(wanted["every"] or wanted["like"] or wanted["goes"]),
        "like": bool(wanted["like"]),
        "goes": bool(wanted["goes"]),
        "records": shown.rows(list(page.object_list)),
        "page": page,
        "query": f"{known}&",
    }


@require_safe
def detail(request: HttpRequest, id: UUID) -> HttpResponseBase:
    user: Any = request.user
    return _detail(request, id, MarkForm(user_id=user.pk))


def _detail(request: HttpRequest, id: UUID, form: MarkForm) -> HttpResponseBase:
    user: Any = request.user
    opened = access.get(user, id)
    return TemplateResponse(
        request,
        "phi_records/mark_detail.html",
        {
            "here": "marks",
            "record_id": id,
            "member_id": opened.member.pk,
            "facts": shown.facts(opened),
            "marks": shown.marks(opened),
            "history": shown.history(opened.words),
            "form": form,
            "goes": access.how_many_go_with(user, id),
            "goes_url": _list_of(opened, "goes"),
            **_alike(user, opened, held=Tag.ENDANGERMENT_HOLD in opened.marked.tags),
        },
        status=422 if form.errors else 200,
    )


def _alike(user: User, opened: access.OpenMarks, *, held: bool) -> dict[str, Any]:
    """What may endanger someone may be told by other records too; nobody holds them unasked."""
    if not held:
        return {}
    return {
        "alike": len(access.alike(user, opened.marked.row.pk)),
        "alike_url": _list_of(opened, "like"),
    }


def _list_of(opened: access.OpenMarks, name: str) -> str:
    query = urlencode({"member": opened.member.pk, name: opened.marked.row.pk})
    return f"{reverse('records:mark-search')}?{query}"


@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, id: UUID) -> HttpResponseBase:
    """Three steps on one form, so that no mark stands in an address: filled in, looked at, sent."""
    user: Any = request.user
    if request.method == "GET":
        access.find(user, id)
        return redirect("records:mark-detail", id=id)
    access.find(user, id)
    if "fill" in request.POST:
        given = {name: request.POST.get(name, "") for name in ("way", "tag", "reason")}
        return _detail(request, id, MarkForm(user_id=user.pk, initial=given))
    form = MarkForm(request.POST, user_id=user.pk)
    if not form.is_valid():
        return _detail(request, id, form)
    if "sure" not in request.POST:
        return _preview(request, id, form)
    with other_words_told(form):
        _mark(request, id, form)
        return redirect("records:mark-detail", id=id)
    return _detail(request, id, form)


def _preview(request: HttpRequest, id: UUID, form: MarkForm) -> HttpResponse:
    user: Any = request.user
    opened, data = access.get(user, id), form.cleaned_data
    after = access.after(opened.marked.tags, Tag(data["tag"]), on=data["way"] == ON)
    effects = access.seen_differently(user, opened, after)
    with_it = access.with_it(user, id, Tag(data["tag"]), on=data["way"] == ON)
    hold = data["tag"] == Tag.ENDANGERMENT_HOLD and data["way"] == ON
    return TemplateResponse(
        request,
        "phi_records/mark_preview.html",
        {
            "here": "marks",
            "record_id": id,
            "facts": shown.facts(opened),
            "on": data["way"] == ON,
            "mark_name": TAGS[Tag(data["tag"])],
            "reason": data["reason"],
            "fewer": shown.effects(effects, may=False),
            "more": shown.effects(effects, may=True),
            "changed": len(with_it.changed),
            "keeping": with_it.keeping,
            "goes_url": _list_of(opened, "goes"),
            "hidden": {name: form.data[name] for name in ("send_key", "way", "tag", "reason")},
            **_alike(user, opened, held=hold),
        },
    )


def _mark(request: HttpRequest, id: UUID, form: MarkForm) -> None:
    user: Any = request.user
    data = form.cleaned_data
    changed = mark_record(
        by=user,
        record_id=id,
        tag=Tag(data["tag"]),
        on=data["way"] == ON,
        reason=data["reason"],
        key=data["send_key"],
    )
    if changed:
        messages.success(request, shown.saved(changed - 1, on=data["way"] == ON))
    else:
        messages.info(request, _("It is so already. Nothing more was changed."))
