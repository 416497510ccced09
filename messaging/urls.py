from django.urls import path

from messaging import draft_views, mail_views, report_views, team_views, views, why_views

app_name = "messaging"
urlpatterns = [
    path("", views.inbox, name="inbox"),
    path("safety/", views.safety, name="safety"),
    path("new/", views.compose, name="compose"),
    path("drafts/<uuid:id>/delete/", draft_views.draft_delete, name="draft-delete"),
    path("sent/<uuid:id>/", views.receipt, name="receipt"),
    path("team/", team_views.team_inbox, name="team-inbox"),
    path("team/<uuid:id>/", team_views.team_thread, name="team-thread"),
    path("team/why/", why_views.member_why, name="member-why"),
    path("team/<uuid:id>/why/", why_views.thread_why, name="thread-why"),
    path("team/<uuid:id>/take/", team_views.thread_take, name="thread-take"),
    path("team/<uuid:id>/answer/", team_views.thread_answer, name="thread-answer"),
    path("team/<uuid:id>/close/", team_views.thread_close, name="thread-close"),
    path("mail/", mail_views.mail_queue, name="mail-queue"),
    path("<uuid:id>/", views.thread_detail, name="thread-detail"),
    path("<uuid:id>/files/<uuid:file>/", views.message_file, name="file"),
    path("<uuid:id>/misdirected/", report_views.thread_misdirected, name="thread-misdirected"),
    path("<uuid:id>/reply/", views.thread_reply, name="thread-reply"),
]
