from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "messaging"

    def ready(self) -> None:
        from messaging import due, endings, parts, shredding, things


        due.register()
        endings.register()
        parts.register()
        shredding.register()
        things.register()
