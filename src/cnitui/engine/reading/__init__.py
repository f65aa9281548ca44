"""Looking closer: which pod or node is asked next, within which budget, and what is asked of it.

What was seen goes to `judging.book`; how it is asked and understood is the business of `engine.probes`.
"""
