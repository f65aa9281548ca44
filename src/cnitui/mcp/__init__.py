"""What an agent may ask over the Model Context Protocol: tools that read. Nothing in here writes to a cluster or node.

`desk` answers, `words` makes answers that are safe to hand on, `server` is the only importer of the SDK (an optional
extra), `command` starts it.
"""
