from allauth.account import views as allauth_views
from django.urls import path, re_path
from django.views.decorators.http import require_http_methods, require_safe

from accounts import account_views, views

page, form = require_safe, require_http_methods(["GET", "HEAD", "POST"])

# Only these of allauth's pages: no sign-up, no e-mail change, no sign-in by mailed code.
urlpatterns = [
    path("sign-in/", form(views.SignIn.as_view()), name="account_login"),
    path("sign-out/", form(views.SignOut.as_view()), name="account_logout"),
    path("sign-in/second-step/", views.second_step, name="second_step"),
    path("sign-in/start-again/", views.start_again, name="start-again"),
    path("sign-in/set-up/", views.enrol, name="enrol"),
    path("sign-in/printed-codes/", views.printed_codes, name="printed_codes"),
    path("confirm/", views.confirm_it_is_you, name="confirm"),
    path("account/", account_views.account, name="account"),
    path("account/password/", account_views.password, name="account-password"),
    path("account/email/", account_views.email, name="account-email"),
    path("account/email/code/", account_views.email_code, name="account-email-code"),
    path("account/app/", account_views.app, name="account-app"),
    path("account/language/", account_views.language, name="account-language"),
    path("account/not-me/", account_views.not_me, name="account-not-me"),
    path("account/sessions/end/", account_views.end_sessions, name="account-sessions-end"),
    path("keep-alive/", views.keep_alive, name="keep-alive"),
    path("password/reset/", form(views.ResetRequest.as_view()), name="account_reset_password"),
    path(
        "password/reset/sent/",
        page(allauth_views.password_reset_done),
        name="account_reset_password_done",
    ),
    re_path(
        r"^password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$",
        form(views.ResetFromKey.as_view()),
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/done/",
        page(allauth_views.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
]
