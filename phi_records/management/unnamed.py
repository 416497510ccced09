from django.utils.translation import ngettext


def unnamed(count: int) -> str:
    """That somebody has to look, as no list tells of these."""
    said = ngettext(
        "%d record is of a medicine that is known by its number alone: nothing tells whether it is"
        " sensitive. A privacy officer sees it on the page “Sensitive records”.",
        "%d records are of medicines that are known by their number alone: nothing tells whether"
        " they are sensitive. A privacy officer sees them on the page “Sensitive records”.",
        count,
    )
    return said % count
