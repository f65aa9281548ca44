"""One simulated machine: its files, labels, users, SELinux policy and audit trail. It knows no Kubernetes."""
