"""How an upload comes in: in memory alone, so that nothing of it touches a disk in the clear."""

from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from portal.base.files.checks import MOST


class InMemory(FileUploadHandler):
    """Keeps one byte more than may be sent: what comes after is counted and let go."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.kept = bytearray()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        room = MOST + 1 - len(self.kept)
        self.kept += raw_data[: max(room, 0)]

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        return InMemoryUploadedFile(
            BytesIO(bytes(self.kept)),
            self.field_name,
            self.file_name,
            self.content_type,
            file_size,
            self.charset,
            self.content_type_extra,
        )
