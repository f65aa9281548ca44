"""What helps against each cause, said with what was observed: cause id to its steps, the one that helps first.

A cause that is not here, or of which too little was seen, has the steps of `table`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from cnitui.domain.plan import Step
from cnitui.domain.remedies.by_hand import api, confined, host, network, start
from cnitui.domain.remedies.by_hand.seen import Seen

OBSERVED: Mapping[str, Callable[[Seen], Iterator[Step]]] = {
    **confined.STEPS,
    **host.STEPS,
    **start.STEPS,
    **api.STEPS,
    **network.STEPS,
}
