"""What the watches say: the live lists of pods, nodes and DaemonSets, the rows made of them, and whether they are live.

Nothing here asks for more than the watches bring, and nothing here judges.
"""
