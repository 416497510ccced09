from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import endings, mails, persons, shredding

        endings.register()
        mails.register()
        persons.register()
        shredding.register()
