"""The outside world: Kubernetes, nodes and files; raw bytes in, facts of the domain out, only our errors raised."""
