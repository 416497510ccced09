from django.urls import path

from phi_records import copy_views, mark_views, views

app_name = "records"
urlpatterns = [
    path("", views.home, name="home"),
    path("kinds/<slug:kind>/", views.kind, name="kind"),
    path("copy/", copy_views.copy, name="copy"),
    path("copy/<uuid:id>/", copy_views.progress, name="copy-progress"),
    path("copy/<uuid:id>/stop/", copy_views.stop, name="copy-stop"),
    path("copy/<uuid:id>/file/", copy_views.take, name="copy-file"),
    path("marks/", mark_views.search, name="mark-search"),
    path("marks/<uuid:id>/", mark_views.detail, name="mark-detail"),
    path("marks/<uuid:id>/change/", mark_views.change, name="mark-change"),
    path("<uuid:id>/", views.detail, name="detail"),
    path("<uuid:id>/files/<int:number>/", views.file, name="file"),
]
