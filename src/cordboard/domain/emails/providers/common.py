"""What providers have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, NamedTuple, Protocol

from cordboard.domain.emails.errors import UnsendableMailError
from cordboard.domain.emails.models import Address, Email, ProviderRequest
from cordboard.domain.emails.settings import EmailProviderSettings

JSON = "application/json"


class Taken(NamedTuple):
    """What a success says: what the provider calls the mail (empty where it does not say), and why it did not send it
    all the same.
    """

    provider_id: str
    refusal: str = ""


class Provider(Protocol):
    """One provider. `repeats_safely`: it sends a mail with one key once, however often it is asked."""

    repeats_safely: ClassVar[bool]

    def request(self, mail: Email, config: Mapping[str, str], settings: EmailProviderSettings) -> ProviderRequest:
        """What to ask. Raises UnsendableMailError."""
        ...

    def taken(self, headers: Mapping[str, str], answer: object) -> Taken:
        """What an answer of success comes to; `answer` is its JSON, None where it holds none."""
        ...


def setting(config: Mapping[str, str], *names: str) -> str:
    """A value of the account's settings under any of its names, in any spelling of them; empty where there is none."""
    values = {_bare(name): value.strip() for name, value in config.items()}
    return next((value for name in names if (value := values.get(_bare(name), ""))), "")


def needed(config: Mapping[str, str], provider: str, *names: str) -> str:
    """The same of a value that must be there, and that a header or a URL may hold. Raises UnsendableMailError."""
    found = setting(config, *names)
    if not found:
        raise UnsendableMailError(
            f"the account has no {names[0]} for {provider}: set the key {names[0]} of the provider {provider} with"
            " POST /ams/v3/accounts/external/config"
        )
    if not (found.isascii() and found.isprintable()):
        raise UnsendableMailError(f"the account's {names[0]} for {provider} holds characters that it cannot have")
    return found


def sender_of(mail: Email) -> Address:
    """Whom the mail comes from. Raises UnsendableMailError."""
    if mail.sender is None:
        raise UnsendableMailError(f"{mail.provider} needs a from address: give the node one")
    return mail.sender


def written(address: Address) -> str:
    """`Name <address>`."""
    name = "".join(one for one in address.name if one.isprintable() and one not in '"\\')
    return f'"{name}" <{address.email}>' if name else address.email


def listed(addresses: tuple[Address, ...]) -> list[dict[str, str]]:
    """Addresses as JSON."""
    return [{"email": one.email, **({"name": one.name} if one.name else {})} for one in addresses]


def _bare(name: str) -> str:
    return "".join(filter(str.isalnum, name)).lower()
