"""Nodes over SSH: the only importer of asyncssh, in a thread and not before the first node is read (`later`)."""
