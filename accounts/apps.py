from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import endings, letters, parts, persons, shredding

        endings.register()
        letters.register()
        parts.register()
        persons.register()
        shredding.register()
