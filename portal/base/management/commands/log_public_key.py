from typing import Any

from django.core.management.base import BaseCommand

from portal.base.audit import keys


class Command(BaseCommand):
    help = "Print the public keys that the trail is checked with. They are no secret."

    def handle(self, *args: Any, **options: Any) -> None:
        for key in keys.public_keys():
            self.stdout.write(keys.pem(key), ending="")
            self.stdout.write(f"LOG_PUBLIC_KEY={keys.encoded(key)}")
