from django.apps import AppConfig


class DisclosuresConfig(AppConfig):
    name = "disclosures"

    def ready(self) -> None:
        from disclosures import destroying, due, intake, mails, parts, shredding

        destroying.register()
        due.register()
        intake.register()
        mails.register()
        parts.register()
        shredding.register()
