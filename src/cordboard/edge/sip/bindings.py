"""Where phones are just now, in this process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from cordboard.edge.sip.flow import Flow
from cordboard.edge.sip.port import PhoneDestination, PhoneSource
from cordboard.edge.sip.timers import Timer
from cordboard.wire.sip.address import Address
from cordboard.wire.sip.uri import SipUri


@dataclass(slots=True, eq=False)
class Binding:
    """One Contact of a phone. It is reached over `flow`, whatever its Contact says: phones sit behind routers."""

    phone: PhoneSource
    address: Address
    flow: Flow
    call_id: str
    cseq: int
    expires_at: float
    user_agent: str = ""
    timers: list[Timer] = field(default_factory=list)

    @property
    def contact(self) -> str:
        """Its URI as text, which names it among the phone's bindings."""
        return str(self.address.uri)

    @property
    def instance(self) -> tuple[str, str] | None:
        """Device and connection, where it says so (RFC 5626 4.1)."""
        instance = self.address.param("+sip.instance")
        return (instance, self.address.param("reg-id") or "") if instance else None

    @property
    def destination(self) -> PhoneDestination:
        """What call control calls it by."""
        return PhoneDestination(self.phone.account_id, self.phone.user, self.contact)

    def stop(self) -> None:
        """No timer of it runs any more."""
        for timer in self.timers:
            timer.cancel()
        self.timers.clear()


class Bindings:
    """By phone, the most recent first."""

    def __init__(self) -> None:
        self._by_phone: dict[tuple[UUID, str], list[Binding]] = {}
        self._by_flow: dict[Flow, set[Binding]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Binding]:
        return iter([binding for bindings in self._by_phone.values() for binding in bindings])

    def of(self, phone: PhoneSource) -> list[Binding]:
        """Where a phone is, most recent first."""
        return list(self._by_phone.get((phone.account_id, phone.user), ()))

    def find(self, destination: PhoneDestination) -> Binding | None:
        """The binding that call control speaks of, if it is still there."""
        found = self._by_phone.get((destination.account_id, destination.user), ())
        return next((binding for binding in found if binding.contact == destination.contact), None)

    def same(self, phone: PhoneSource, address: Address, instance: tuple[str, str] | None = None) -> Binding | None:
        """The binding that a Contact renews: of the same device and connection, else of an equal URI."""
        for binding in self.of(phone):
            if (instance is not None and binding.instance == instance) or _is_same(binding.address.uri, address.uri):
                return binding
        return None

    def over(self, flow: Flow) -> list[Binding]:
        """Those that are reached over a flow."""
        return list(self._by_flow.get(flow, ()))

    def add(self, binding: Binding) -> None:
        """Puts one first."""
        self._by_phone.setdefault((binding.phone.account_id, binding.phone.user), []).insert(0, binding)
        self._by_flow.setdefault(binding.flow, set()).add(binding)
        self._count += 1

    def remove(self, binding: Binding) -> bool:
        """Takes one out and stops its timers; False when it is not there any more."""
        key = (binding.phone.account_id, binding.phone.user)
        bindings = self._by_phone.get(key, [])
        if binding not in bindings:
            return False
        binding.stop()
        bindings.remove(binding)
        if not bindings:
            del self._by_phone[key]
        over = self._by_flow[binding.flow]
        over.discard(binding)
        if not over:
            del self._by_flow[binding.flow]
        self._count -= 1
        return True


def _is_same(left: SipUri, right: SipUri) -> bool:
    return left == right or left.matches(right)
