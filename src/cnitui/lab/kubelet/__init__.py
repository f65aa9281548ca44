"""The simulated kubelet: runs a pod's containers attempt after attempt, and tells their status, events and logs."""
