from django.apps import AppConfig


class DisclosuresConfig(AppConfig):
    name = "disclosures"

    def ready(self) -> None:
        from disclosures import destroying, intake, letters, parts, shredding

        destroying.register()
        intake.register()
        letters.register()
        parts.register()
        shredding.register()
