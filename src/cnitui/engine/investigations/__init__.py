"""What is kept of an investigation, so that a later sitting can go on from it.

`keeper` writes down where it stands, a moment after that changed; `earlier` finds the one to go on with. Nothing of a
cluster is read or written here.
"""
