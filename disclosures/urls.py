from django.urls import path

from disclosures import approval_views, incident_views, letter_views, views

app_name = "disclosures"
urlpatterns = [
    path("who-has-seen/", views.who_has_seen, name="who-has-seen"),
    path("whole-record/", views.whole_record, name="whole-record"),
    path("report/", incident_views.incident_new, name="incident-new"),
    path("report/<uuid:id>/", incident_views.incident_sent, name="incident-sent"),
    path("incidents/", incident_views.incident_list, name="incident-list"),
    path("incidents/<uuid:id>/", incident_views.incident_detail, name="incident-detail"),
    path("incidents/<uuid:id>/take/", incident_views.incident_take, name="incident-take"),
    path("incidents/<uuid:id>/note/", incident_views.incident_note, name="incident-note"),
    path("incidents/<uuid:id>/close/", incident_views.incident_close, name="incident-close"),
    path("trail/", views.trail_search, name="trail-search"),
    path("trail/<uuid:id>/", views.event_detail, name="event-detail"),
    path("trail/<uuid:id>/why/", views.event_why, name="event-why"),
    path("trail/<uuid:id>/proof/", views.event_proof, name="event-proof"),
    path("letters/", letter_views.queue, name="letter-queue"),
    path("letters/print/", letter_views.letter_print, name="letter-print"),
    path("letters/mail/", letter_views.letter_mail, name="letter-mail"),
    path("letters/return/", letter_views.letter_return, name="letter-return"),
    path("letters/batch/<uuid:id>/", letter_views.letter_batch, name="letter-batch"),
    path("letters/<uuid:id>/", letter_views.letter_detail, name="letter-detail"),
    path("letters/<uuid:id>/file/", letter_views.letter_file, name="letter-file"),
    path("letters/<uuid:id>/unmark/", letter_views.letter_unmark, name="letter-unmark"),
    path("letters/<uuid:id>/again/", letter_views.letter_again, name="letter-again"),
    path("approvals/", approval_views.approval_list, name="approval-list"),
    path("approvals/key/", approval_views.key_ask, name="key-ask"),
    path("approvals/<uuid:id>/", approval_views.approval_detail, name="approval-detail"),
    path("approvals/<uuid:id>/approve/", approval_views.approval_approve, name="approval-approve"),
    path("approvals/<uuid:id>/refuse/", approval_views.approval_refuse, name="approval-refuse"),
    path(
        "approvals/<uuid:id>/take-back/",
        approval_views.approval_take_back,
        name="approval-take-back",
    ),
    path("disclosures/new/", views.disclosure_new, name="disclosure-new"),
    path("disclosures/<uuid:id>/", views.disclosure_detail, name="disclosure-detail"),
]
