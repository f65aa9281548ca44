"""The catalogue of known causes: one module each, listed here and nowhere else."""

from __future__ import annotations

from cnitui.domain.causes.base import Cause

CATALOGUE: tuple[Cause, ...] = ()
