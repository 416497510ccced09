from django.apps import AppConfig


class PhiRecordsConfig(AppConfig):
    name = "phi_records"
