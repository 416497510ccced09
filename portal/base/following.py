"""Where a form leads on to, when its page was told."""

from django.utils.http import url_has_allowed_host_and_scheme


def is_page_of_ours(asked: str) -> bool:
    """Whether this is the address of a page here. A word without a slash is none: `redirect` would
    look for a route of that name, and fail."""
    return asked.startswith("/") and url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
