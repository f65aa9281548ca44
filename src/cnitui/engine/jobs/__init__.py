"""Something short-lived on one node: Jobs that were confirmed, what they said, and their removal.

What lives here writes to the cluster: every Job is one that a person saw in a preview and confirmed, has an audit line
before it is created and after it was removed, and is deleted by its UID on every way out.
"""
