"""What was created in a lab by Jobs, and what of it is still there."""

from __future__ import annotations

from cnitui.lab import Lab


def left_behind(lab: Lab) -> list[str]:
    pods = (pod for pod in lab.world.store.all("pods") if "job-name" in pod["metadata"].get("labels", {}))
    return [one["metadata"]["name"] for one in (*lab.world.store.all("jobs.batch"), *pods)]


def jobs_made(lab: Lab) -> list[tuple[str, int]]:
    """Methods and codes of all requests that changed Jobs."""
    entries = (entry for entry in lab.audit if "/jobs" in entry.path and not entry.dry_run)
    return [(entry.method, entry.code) for entry in entries]
