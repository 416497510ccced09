import re


def still(response) -> str:
    """The page without what differs from one answer to the next: tokens and its own address."""
    text = re.sub(
        r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode(errors="replace")
    )
    # How much of the session's 12 hours is left, by the second.
    text = re.sub(r'data-total="\d+"', "", text)
    # When it was printed, by the minute.
    text = re.sub(r'<p class="wrap only-print">[^<]*</p>', "", text)
    return text.replace(response.request["PATH_INFO"], "")
