from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import endings, letters, shredding

        endings.register()
        letters.register()
        shredding.register()
