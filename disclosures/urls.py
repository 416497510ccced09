from django.urls import path

from disclosures import views

app_name = "disclosures"
urlpatterns = [
    path("who-has-seen/", views.who_has_seen, name="who-has-seen"),
    path("trail/", views.trail_search, name="trail-search"),
    path("trail/<uuid:id>/", views.event_detail, name="event-detail"),
    path("trail/<uuid:id>/proof/", views.event_proof, name="event-proof"),
    path("disclosures/new/", views.disclosure_new, name="disclosure-new"),
    path("disclosures/<uuid:id>/", views.disclosure_detail, name="disclosure-detail"),
]
