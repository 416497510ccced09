from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path, re_path
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from portal import views
from portal.system import views as system

urlpatterns = [
    path("", views.home, name="home"),
    path("livez", views.livez, name="livez"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", system.scrape, name="metrics"),
    path("status/", system.status, name="status"),
    path("system/", system.system, name="system"),
    path("system/mail-test/", system.mail_test, name="system-mail-test"),
    path("language/", login_not_required(require_POST(set_language)), name="set_language"),
    re_path(
        r"^theme/(?P<name>[0-9a-f]{16}\.(?:css|svg|png|webp))$", views.plan_file, name="plan-file"
    ),
    path("look/", views.look, name="look"),
    path("signed-out/", views.signed_out, name="signed-out"),
    path("free-help/", views.free_help, name="free-help"),
    path(".well-known/gpc.json", views.gpc, name="gpc"),
    path("accessibility/", views.accessibility, name="accessibility"),
    path("cookies/", views.cookies, name="cookies"),
    path("notices/", include("consents.urls")),
    path("", include("accounts.urls")),
    path("records/", include("phi_records.urls")),
    path("messages/", include("messaging.urls")),
    path("privacy/", include("disclosures.urls")),
]
if settings.DEMO:
    from portal.gallery import gallery

    urlpatterns.append(path("gallery/", gallery, name="gallery"))

handler400 = "portal.views.bad_request"
handler403 = "portal.views.forbidden"
handler404 = "portal.views.not_found"
# Not Django's: allauth asks for it.
handler429 = "portal.views.too_many"
handler500 = "portal.views.server_error"
