from django.apps import AppConfig


class DisclosuresConfig(AppConfig):
    name = "disclosures"

    def ready(self) -> None:
        from disclosures import destroying, intake, mails, parts, shredding

        destroying.register()
        intake.register()
        mails.register()
        parts.register()
        shredding.register()
