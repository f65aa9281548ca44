"""`python -m cnitui.lab`: runs a lab until it is stopped."""

from __future__ import annotations

import argparse
import re
import sys


def _release(words: str) -> str:
    if not re.fullmatch(r"v1\.[0-9]{1,3}\.[0-9]{1,3}", words):
        raise argparse.ArgumentTypeError(f"{words[:40]!r} is no release such as v1.31.0")
    return words


def _fault(words: str) -> str:
    from cnitui.lab.faults.grammar import fault

    try:
        fault(words)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return words


def main() -> int:
    """0 after a stop by signal, 2 for a wrong command line."""
    from cnitui.lab import scenarios

    parser = argparse.ArgumentParser(prog="cnitui lab", description="Runs a simulated cluster on loopback.")
    parser.add_argument(
        "scenario",
        nargs="?",
        default=scenarios.DEFAULT,
        metavar="SCENARIO",
        help="a name or number of --list, or several: A+B on a pool each, A+B:10 with ten nodes of B among those of A",
    )
    parser.add_argument("--list", action="store_true", help="tell what is seen in each scenario, by number, and stop")
    parser.add_argument("--answers", action="store_true", help="with --list: their names and causes as well")
    parser.add_argument("--nodes", type=int, default=3, help="machines, the first is the control plane (default 3)")
    parser.add_argument("--speed", type=float, default=1.0, help="how much faster than a real cluster waits pass")
    parser.add_argument(
        "--kubernetes",
        default="v1.31.0",
        metavar="VERSION",
        type=_release,
        help="the release to play: v1.21.0 to v1.30.5 roll DaemonSets out otherwise (default v1.31.0)",
    )
    parser.add_argument("--no-ssh", action="store_true", help="no SSH to the nodes, as in most clusters")
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="FAULT",
        type=_fault,
        help="what is wrong with API or SSH, such as 'api status=503 /pods' or 'ssh down worker-01'; several may be "
        "given. The file `faults` beside the kubeconfig holds them, tells all there are, and may be edited meanwhile",
    )
    parser.add_argument("--with-parent", action="store_true", help="stop when standard input ends")
    options = parser.parse_args()
    if options.list:
        sys.stdout.write(scenarios.described(answers=options.answers))
        return 0
    if options.answers:
        parser.error("--answers belongs to --list")
    if options.nodes < 1 or not 0 < options.speed < float("inf"):
        parser.error("--nodes must be at least 1 and --speed above 0")
    try:
        scenarios.find(options.scenario)
    except ValueError as error:
        parser.error(str(error))
    from cnitui.lab.runner import run_blocking

    try:
        return run_blocking(
            options.scenario, nodes=options.nodes, speed=options.speed, ssh=not options.no_ssh,
            with_parent=options.with_parent, kubernetes=options.kubernetes, faults=options.fault,
        )  # fmt: skip
    except ValueError as error:  # more nodes wanted by the parts than there are
        parser.error(str(error))


if __name__ == "__main__":
    sys.exit(main())
