"""A finished file on its way out: never a stream, and nothing in it may run in a browser."""

from dataclasses import dataclass

from django.http import HttpResponse


@dataclass(frozen=True)
class Download:
    """Proven whole, and named by the server."""

    name: str
    content_type: str
    body: bytes

    def answer(self) -> HttpResponse:
        response = HttpResponse(self.body, content_type=self.content_type)
        response.headers["Content-Disposition"] = f'attachment; filename="{self.name}"'
        response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
        response.headers["Cache-Control"] = "no-store"
        return response
