"""What a kubelet does before it makes a container: it fetches the image and puts the environment together.

What fails is tried again, and meanwhile told in the pod's status and events (kubernetes pkg/kubelet/images and
kuberuntime, v1.31).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnitui.lab.kubelet.backoff import INITIAL, Backoff
from cnitui.lab.kubelet.obstacles import config_problem, image_name, pull_of

if TYPE_CHECKING:
    from cnitui.lab.kubelet.containers import Container
    from cnitui.lab.kubelet.pod_worker import PodWorker

CONFIG_AGAIN = 12.0
PULL_SHOWN, PULL_TAKES = 5.0, 15.0
"""Seconds that a failed pull is shown as such before the back-off is, and that a pull takes until it fails."""


def prepared(worker: PodWorker, container: Container) -> bool:
    """Whether the container can be made now; if not, it is launched again later."""
    return _fetched(worker, container) and _configured(worker, container)


def _fetched(worker: PodWorker, container: Container) -> bool:
    image = container.spec["image"]
    pull = pull_of(worker.node, image)
    if pull is None:
        worker.record("Normal", "Pulled", f'Container image "{image}" already present on machine', container)
        return True
    worker.record("Normal", "Pulling", f'Pulling image "{image}"', container)
    if not pull.error:
        worker.node.absent_images.discard(image_name(image))
        worker.record("Normal", "Pulled", f'Successfully pulled image "{image}" in 4.1s', container)
        return True
    worker.record("Warning", "Failed", pull.error, container)
    worker.record("Warning", "Failed", "Error: ErrImagePull", container)
    _wait(worker, container, "ErrImagePull", pull.error.partition(": ")[2])
    entry = worker.backoffs.setdefault(f"image {container.name}", Backoff(INITIAL))
    wait = entry.wait(worker.timeline.now(), worker.timeline.now())
    worker.after(PULL_SHOWN, lambda: _back_off(worker, container, image))
    worker.after(max(wait, INITIAL) + PULL_TAKES, lambda: worker.launch(container))
    return False


def _back_off(worker: PodWorker, container: Container, image: str) -> None:
    worker.record("Normal", "BackOff", f'Back-off pulling image "{image}"', container)
    worker.record("Warning", "Failed", "Error: ImagePullBackOff", container)
    _wait(worker, container, "ImagePullBackOff", f'Back-off pulling image "{image}"')


def _configured(worker: PodWorker, container: Container) -> bool:
    problem = config_problem(worker.world.store, worker.pod, container.spec)
    if problem:
        worker.record("Warning", "Failed", f"Error: {problem}", container)
        _wait(worker, container, "CreateContainerConfigError", problem)
        worker.after(CONFIG_AGAIN, lambda: worker.launch(container))
    return not problem


def _wait(worker: PodWorker, container: Container, reason: str, message: str) -> None:
    container.state, container.reason, container.message = "waiting", reason, message
    worker.publish()
