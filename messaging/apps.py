from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "messaging"

    def ready(self) -> None:
        from messaging import due, shredding, things

        due.register()
        shredding.register()
        things.register()
