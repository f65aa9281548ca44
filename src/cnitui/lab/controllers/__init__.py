"""The control loops: DaemonSets, ReplicaSets and the scheduler make the store's objects follow each other."""
