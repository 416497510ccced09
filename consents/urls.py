from django.urls import path

from consents import notice_views

app_name = "notices"
urlpatterns = [
    path("", notice_views.notices, name="all"),
    path("seen/", notice_views.seen, name="seen"),
    path("<slug:kind>/", notice_views.notice, name="current"),
    path("<slug:kind>/<int:number>/", notice_views.version, name="version"),
    path("<slug:kind>/<int:number>/changes/", notice_views.changes, name="changes"),
]
