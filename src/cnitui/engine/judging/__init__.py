"""From readings to a diagnosis, kept up to date from differences: the case, who fails alike, verdicts, comparisons.

The rules themselves are the domain's; here lives only what remembers them between two readings.
"""
