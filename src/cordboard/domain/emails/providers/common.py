"""What providers have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Protocol

from cordboard.domain.emails.errors import UnsendableMailError
from cordboard.domain.emails.models import Address, Email, ProviderRequest
from cordboard.domain.emails.settings import EmailProviderSettings

JSON = "application/json"


class Provider(Protocol):
    """One provider. `repeats_safely`: it sends a mail with one key once, however often it is asked."""

    repeats_safely: ClassVar[bool]

    def request(self, mail: Email, config: Mapping[str, str], settings: EmailProviderSettings) -> ProviderRequest:
        """What to ask. Raises UnsendableMailError."""
        ...

    def id_of(self, headers: Mapping[str, str], answer: object) -> str:
        """What the provider calls the mail that it took; empty where it does not say."""
        ...


def needed(config: Mapping[str, str], provider: str, *names: str) -> str:
    """A value of the account's settings, under any of its spellings. Raises UnsendableMailError."""
    by_name = {name.replace("_", "").lower(): value for name, value in config.items()}
    found = next((by_name[name] for name in (one.replace("_", "") for one in names) if by_name.get(name)), "")
    if not found:
        raise UnsendableMailError(
            f"the account has no {names[0]} for {provider}: set it with POST /ams/v3/accounts/external/config"
        )
    return found


def sender_of(mail: Email) -> Address:
    """Whom the mail comes from. Raises UnsendableMailError."""
    if mail.sender is None:
        raise UnsendableMailError(f"{mail.provider} needs a from address: give the node one")
    return mail.sender


def written(address: Address) -> str:
    """`Name <address>`."""
    name = address.name.replace('"', "").replace("\\", "")
    return f'"{name}" <{address.email}>' if name else address.email


def listed(addresses: tuple[Address, ...]) -> list[dict[str, str]]:
    """Addresses as JSON."""
    return [{"email": one.email, **({"name": one.name} if one.name else {})} for one in addresses]
