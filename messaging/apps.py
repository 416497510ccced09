from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "messaging"

    def ready(self) -> None:
        from messaging import due, endings, letters, parts, shredding, things

        due.register()
        endings.register()
        letters.register()
        parts.register()
        shredding.register()
        things.register()
