from django.apps import AppConfig


class DisclosuresConfig(AppConfig):
    name = "disclosures"

    def ready(self) -> None:
        from disclosures import intake, letters, shredding

        intake.register()
        letters.register()
        shredding.register()
