from django.apps import AppConfig


class PhiRecordsConfig(AppConfig):
    name = "phi_records"

    def ready(self) -> None:
        from phi_records import copies, parts, shredding, things

        copies.register()
        parts.register()
        shredding.register()
        things.register()
