from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "messaging"

    def ready(self) -> None:
        from messaging import due, endings, file_news, letters, parts, shredding, things

        due.register()
        endings.register()
        file_news.register()
        letters.register()
        parts.register()
        shredding.register()
        things.register()
