"""Other clusters to sit with: what the kubeconfig offers, and what opens a sitting there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from cnitui.late_dataclass import dataclass

if TYPE_CHECKING:  # the first frame needs `Where` alone
    from cnitui.domain.exchange import NamedContext
    from cnitui.engine.services import Opening


@dataclass(frozen=True, slots=True)
class Where:
    """A context and the namespace in which calico-node is looked for; "" is the current one, and every namespace."""

    context: str = ""
    namespace: str = ""


class Contexts(Protocol):
    """The contexts of the kubeconfig that this process was started with."""

    @property
    def start(self) -> Where:
        """Where the first sitting is."""
        ...

    async def known(self) -> tuple[NamedContext, ...]:
        """All of them, read anew each time; raises KubeconfigError."""
        ...

    def opening(self, where: Where) -> Opening:
        """What opens a sitting there; raises UsageError for what can be no namespace."""
        ...
