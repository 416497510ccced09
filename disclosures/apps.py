from django.apps import AppConfig


class DisclosuresConfig(AppConfig):
    name = "disclosures"

    def ready(self) -> None:
        from disclosures import destroying, due, health, intake, mails, parts, shredding

        destroying.register()
        due.register()
        health.register()
        intake.register()
        mails.register()
        parts.register()
        shredding.register()
