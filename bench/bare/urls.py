from django.urls import include, path

from bench.bare.views import elsewhere, kind

records = [
    path("", elsewhere, name="home"),
    path("kinds/<slug:kind>/", kind, name="kind"),
    path("<uuid:id>/", elsewhere, name="detail"),
]
urlpatterns = [
    path("", elsewhere, name="home"),
    path("language/", elsewhere, name="set_language"),
    path("accessibility/", elsewhere, name="accessibility"),
    path("cookies/", elsewhere, name="cookies"),
    path("privacy-notice/", elsewhere, name="privacy-notice"),
    path("sign-in/", elsewhere, name="account_login"),
    path("sign-out/", elsewhere, name="account_logout"),
    path("keep-alive/", elsewhere, name="keep-alive"),
    path("records/", include((records, "records"))),
    path("messages/", include(([path("", elsewhere, name="inbox")], "messaging"))),
    path("privacy/", include(([path("", elsewhere, name="who-has-seen")], "disclosures"))),
]
