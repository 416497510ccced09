from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import endings, letters, persons, shredding

        endings.register()
        letters.register()
        persons.register()
        shredding.register()
