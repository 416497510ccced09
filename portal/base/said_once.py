from collections.abc import Sequence
from typing import Any

from django.contrib.messages.storage.session import SessionStorage


class SaidOnce(SessionStorage):
    """Messages for the next page. One form that was sent several times is told of once."""

    def serialize_messages(self, messages: Sequence[Any]) -> str:
        different = {(one.level, str(one.message)): one for one in messages}
        return super().serialize_messages(list(different.values()))
