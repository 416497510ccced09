"""What letters say, by their kind, and what must be in each before it may be printed."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.base.letters.models import Letter


@dataclass(frozen=True)
class Sender:
    """The plan as letters show it."""

    name: str
    address: tuple[str, ...]
    phone: str
    tty: str
    hours: str
    url: str
    color: str
    time_zone: str
    logo_name: str = ""
    logo: bytes = b""


@dataclass(frozen=True)
class Block:
    """A paragraph or steps, under a heading if it has one. `part` tells what need it fills."""

    text: tuple[str, ...]
    heading: str = ""
    part: str = ""
    steps: bool = False


@dataclass(frozen=True)
class Text:
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Need:
    """Something without which a letter is not printed: what it is, and what to do about it."""

    part: str
    label: str | Promise
    remedy: str | Promise
    # The law that asks for it in this kind of letter, where one does.
    citation: str = ""


ADDRESS = Need(
    "address",
    _("The person's mailing address"),
    _("Load the member's record with an address. The letter takes it then."),
)
RETURN_ADDRESS = Need(
    "return_address",
    _("The plan's address"),
    _("Ask an operator to set the plan's address."),
)
PHONE = Need("phone", _("The plan's phone number"), _("Ask an operator to set the plan's phone."))
KEY = Need(
    "key",
    _("The key of this person's file: it was destroyed"),
    _("Nothing is left to print. Leave this letter."),
)
EVERY_LETTER = (ADDRESS, RETURN_ADDRESS, PHONE)
# For letters that refuse something. Each names its own law beside it.
COMPLAINT_ROUTES = Need(
    "complaint_routes",
    _("How to complain to the plan and to the US health department"),
    _("Add both ways to complain to the text of this letter."),
)

Writer = Callable[[Letter, Sender], Text]


@dataclass(frozen=True)
class Kind:
    """`write` is asked under the language of the letter, `needs` are beside EVERY_LETTER's."""

    name: str
    label: str | Promise
    write: Writer
    needs: tuple[Need, ...] = ()


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    if _kinds.get(kind.name, kind) != kind:
        raise ValueError(f"A kind of letter named {kind.name!r} is registered already.")
    _kinds[kind.name] = kind


def kind_of(letter: Letter) -> Kind:
    return _kinds[letter.kind]
