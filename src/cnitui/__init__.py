"""Finds, proves and repairs what keeps Calico's install-cni from starting on some nodes."""
