from django.apps import AppConfig


class DisclosuresConfig(AppConfig):
    name = "disclosures"

    def ready(self) -> None:
        from disclosures import intake, letters, parts, shredding

        intake.register()
        letters.register()
        parts.register()
        shredding.register()
