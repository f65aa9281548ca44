"""The Kubernetes API over the raw transport of `kubernetes.aio`: bytes in, facts out, only our errors raised."""
