"""Finds, proves and repairs what keeps Calico's install-cni from starting on some nodes."""

__version__ = "0.1.0"
