"""Faults on demand: lines of a control file or of `--fault`, and what each of them does to a running lab."""
