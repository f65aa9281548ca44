"""Everything that may change a cluster, and what surrounds it: preview, apply, rollout, verification, undo.

No other room of the engine calls a writing method of a port.
"""
