from django.urls import path

from phi_records import views

app_name = "records"
urlpatterns = [
    path("", views.home, name="home"),
    path("kinds/<slug:kind>/", views.kind, name="kind"),
    path("<uuid:id>/", views.detail, name="detail"),
    path("<uuid:id>/files/<int:number>/", views.file, name="file"),
]
