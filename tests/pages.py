import re


def still(response) -> str:
    """The page without what differs from one answer to the next: tokens and its own address."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.text)
    return text.replace(response.request["PATH_INFO"], "")
