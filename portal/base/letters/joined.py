"""Letters as one file for the printer, with the tags by which each is read aloud."""

import io
from collections.abc import Iterable

from django.utils.translation import gettext as _
from pikepdf import Array, Dictionary, Name, NumberTree, Pdf, Stream

US_LETTER = (612, 792)


def together(letters: Iterable[bytes]) -> bytes:
    """For a printer that prints both sides: no letter begins on another's back."""
    whole = Pdf.new()
    tags = whole.make_indirect(Dictionary(Type=Name.StructTreeRoot, K=Array()))
    # What of the tags stands on which page, by a number that the page names.
    tags.ParentTree = NumberTree.new(whole).obj
    tags.ParentTreeNextKey = 0
    whole.Root.StructTreeRoot = tags
    whole.Root.MarkInfo = Dictionary(Marked=True)
    whole.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
    with whole.open_metadata(set_pikepdf_as_editor=False) as said:
        said["dc:title"] = _("Letters")
    for letter in letters:
        with Pdf.open(io.BytesIO(letter)) as one:
            if len(whole.pages) % 2:
                _add_back(whole)
            _append(whole, one)
    languages = {str(letter.Lang) for letter in tags.K}
    if len(languages) == 1:
        whole.Root.Lang = languages.pop()
    joined = io.BytesIO()
    whole.save(joined)
    return joined.getvalue()


def _add_back(whole: Pdf) -> None:
    """An empty page, which says itself that there is nothing to read aloud."""
    back = whole.add_blank_page(page_size=US_LETTER)
    back.obj.Contents = Stream(whole, b"/Artifact BMC EMC")


def _append(whole: Pdf, one: Pdf) -> None:
    tags, before = whole.Root.StructTreeRoot, len(whole.pages)
    # Pages first: the tags, which are copied after them, then point at these.
    whole.pages.extend(one.pages)
    begin = int(tags.ParentTreeNextKey)
    for page in list(whole.pages)[before:]:
        page.obj.StructParents = int(page.obj.StructParents) + begin
    copied = whole.copy_foreign(one.Root.StructTreeRoot)
    numbers = NumberTree(tags.ParentTree)
    for number, elements in NumberTree(copied.ParentTree).items():
        numbers[begin + number] = elements
        tags.ParentTreeNextKey = max(int(tags.ParentTreeNextKey), begin + number + 1)
    for element in list(copied.K):
        element.P, element.Lang = tags, one.Root.Lang
        tags.K.append(element)
    tags.RoleMap = copied.RoleMap
