"""Arguments to settings to composition; nothing slow is imported before it is needed."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from cnitui import __version__, known_names
from cnitui.ends import failures_told
from cnitui.options import common, merged, settings_from
from cnitui.settings import in_browser, seconds_of, speed_of

CONTEXT = {"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "CNITUI", "max_content_width": 110}


def _needs_terminal() -> None:
    if not in_browser() and not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout)):
        raise click.UsageError("this needs a terminal; `cnitui diagnose` works without one")


@click.group(
    context_settings=CONTEXT,
    invoke_without_command=True,
    epilog="Without a command: opens the screens on the current kubeconfig context. "
    'Completion: eval "$(_CNITUI_COMPLETE=bash_source cnitui)", or zsh_source, or fish_source.',
)
@click.version_option(__version__, "-V", "--version", message="cnitui %(version)s")
@click.option("--case", "case", default="", metavar="FILE", help="Open a case file instead of a cluster, read-only.")
@common
@click.pass_context
def run(ctx: click.Context, /, case: str, **given: Any) -> None:
    """Find, prove and repair what keeps Calico's install-cni from starting on some nodes."""
    ctx.obj = given
    if ctx.invoked_subcommand is not None:
        if ctx.get_parameter_source("case") is click.core.ParameterSource.COMMANDLINE:
            raise click.UsageError(f"--case belongs behind {ctx.invoked_subcommand}, if that takes one")
        return
    _needs_terminal()
    from cnitui.launch import open_case_file, open_tui

    settings = settings_from(given)
    sys.exit(open_case_file(settings, Path(case)) if case else open_tui(settings))


def _any_scenario() -> str:
    """The number of one, which tells nobody what it is."""
    from secrets import randbelow

    from cnitui.lab.scenarios import SCENARIOS

    return str(randbelow(len(SCENARIOS)) + 1)


@run.command()
@click.argument("scenario", required=False, default="", shell_complete=known_names.scenarios)
@click.option("--quiz", is_flag=True, help="Say yourself what is wrong before it is shown; without SCENARIO: any one.")
@click.option("--speed", default="1", show_default=True, help="How much faster than a kubelet the lab waits.")
@click.option("--nodes", type=click.IntRange(1, 10_000), default=3, show_default=True, help="Machines of the lab.")
@click.option(
    "--fault", "faults", multiple=True, callback=known_names.check_faults, help="What else goes wrong: docs/faults.md."
)
@common
@click.pass_context
def demo(
    ctx: click.Context, /, scenario: str, quiz: bool, speed: str, nodes: int, faults: tuple[str, ...], **given: Any
) -> None:
    """Open the screens on the built-in lab; nothing outside this machine is touched.

    SCENARIO is a number of `cnitui lab --list` or a name of `cnitui lab --list --answers`, or several: `A+B` on a pool
    of nodes each, `A+B:10` with ten nodes of B hidden among those of A.
    """
    factor = speed_of(speed)
    scenario = scenario or (_any_scenario() if quiz else "selinux-denial")
    known_names.check_scenario(scenario)
    _needs_terminal()
    from cnitui.launch import open_demo

    sys.exit(open_demo(merged(ctx, given), scenario, factor, nodes, quiz=quiz, faults=faults))


@run.command()
@click.option("-o", "--output", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True)
@click.option(
    "--nodes-of",
    "cause",
    metavar="CAUSE",
    default="",
    shell_complete=known_names.causes,
    callback=known_names.check_cause,
    help="Only the names of the nodes that CAUSE was found on, one a line: for xargs, clush or pssh.",
)
@click.option("--wait", default="60s", metavar="TIME", show_default=True, help="Longest time to collect evidence.")
@click.option(
    "--read",
    type=click.Choice(["some", "all"]),
    default="some",
    show_default=True,
    help="Where more than fifty nodes fail: read a few of each group that fails alike, or every one.",
)
@click.option("--yes", is_flag=True, help="Do not ask before nodes are read by Jobs (--node-access pod); for scripts.")
@click.option("--case", "case", default="", metavar="FILE", help="Judge a case file instead of a cluster.")
@click.option("--text", "text", default="", metavar="FILE|-", help="Judge pasted terminal output instead of a cluster.")
@common
@click.pass_context
def diagnose(
    ctx: click.Context, /, output: str, cause: str, wait: str, read: str, yes: bool, case: str, text: str, **given: Any
) -> None:
    """Judge the cluster, a case file or pasted text, without the screens.

    Exit code: 0 all pods healthy, 3 a cause is confirmed or likely, 4 failing but undetermined or nothing may be
    read, 1 error, unreachable or 401, 2 usage or configuration.
    """
    if case or text:
        from cnitui.recorded import run_diagnose_recorded

        sys.exit(run_diagnose_recorded(case, text, output, cause))
    from cnitui.commands import run_diagnose

    settings, seconds = merged(ctx, given), seconds_of(wait, "--wait")
    sys.exit(run_diagnose(settings, output, seconds, cause=cause, everybody=read == "all", assume_yes=yes))


@run.command()
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, metavar="FILE", help="The case file.")
@click.option("--force", is_flag=True, help="Replace an existing file.")
@click.option("--wait", default="60s", metavar="TIME", show_default=True, help="Longest time to look around first.")
@click.option("--yes", is_flag=True, help="Do not ask before nodes are read by Jobs (--node-access pod); for scripts.")
@common
@click.pass_context
def collect(ctx: click.Context, /, output: Path, force: bool, wait: str, yes: bool, **given: Any) -> None:
    """Write all evidence into one case file, without secrets; `--case` opens it anywhere."""
    from cnitui.commands import run_collect

    settings, seconds = merged(ctx, given), seconds_of(wait, "--wait")
    sys.exit(run_collect(settings, output, seconds, force=force, assume_yes=yes))


@run.command()
@click.argument("cause", shell_complete=known_names.causes)
@click.option("--node", default="", metavar="NAME", help="The failing node to try it on; default: one that was read.")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--wait", default="60s", metavar="TIME", show_default=True, help="Longest time to look around first.")
@click.option("--yes", is_flag=True, help="Do not ask; for scripts.")
@common
@click.pass_context
def prove(ctx: click.Context, /, cause: str, node: str, output: str, wait: str, yes: bool, **given: Any) -> None:
    """Prove CAUSE, or that it is not, by a controlled experiment on one failing node.

    The failing container runs there alone, as it is, and once more with one thing changed. Exit code: 0 confirmed,
    3 ruled out, 4 nothing proven, 1 error, 2 usage.
    """
    from cnitui.proving import run_prove

    sys.exit(run_prove(merged(ctx, given), cause, node, output, seconds_of(wait, "--wait"), assume_yes=yes))


@run.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace files that are there.")
@common
@click.pass_context
def operator(ctx: click.Context, /, folder: Path, force: bool, **given: Any) -> None:
    """Write to DIR what a migration to the Tigera operator needs (Solution 3): plan, Installation, backup.

    Everything comes from what is observed; nothing in the cluster is changed. What the operator would refuse is
    refused: exit code 1, and nothing is written.
    """
    from cnitui.operating import run_operator

    sys.exit(run_operator(merged(ctx, given), folder, force=force))


@run.command()
@click.argument("plan_id", required=False, default="", metavar="[ID]")
@click.option("--yes", is_flag=True, help="Do not ask; for scripts.")
@common
@click.pass_context
def undo(ctx: click.Context, /, plan_id: str, yes: bool, **given: Any) -> None:
    """Take back an applied plan; without an ID the latest."""
    from cnitui.commands import run_undo

    sys.exit(run_undo(merged(ctx, given), plan_id, assume_yes=yes))


@run.command()
@click.argument("kept_id", required=False, default="", metavar="[ID]")
@click.option("-o", "--output", type=click.Choice(["markdown", "json", "html"]), default="markdown", show_default=True)
@common
@click.pass_context
def report(ctx: click.Context, /, kept_id: str, output: Any, **given: Any) -> None:
    """Report on a plan or an investigation by its ID, without one on the latest; needs no cluster.

    Of a plan: findings, timeline, change, before and after, verification. Of an investigation: how far it came.

    `-o html > report.html` is one page that needs no network.
    """
    from cnitui.commands import run_report

    sys.exit(run_report(merged(ctx, given), kept_id, output))


@run.command()
@click.option("--keys", is_flag=True, help="List the ids that `keys` of the configuration may name, and their keys.")
@common
@click.pass_context
def info(ctx: click.Context, /, keys: bool, **given: Any) -> None:
    """Print versions, settings in force, and where files are kept."""
    if keys:
        from cnitui.tui.binding_table import key_lines

        click.echo("\n".join(key_lines()))
        return
    from cnitui.commands import print_info

    sys.exit(print_info(merged(ctx, given)))


@run.command()
@click.argument("name", required=False, default="", shell_complete=known_names.explained, metavar="[CAUSE|REMEDY]")
def explain(name: str) -> None:
    """Explain a cause or a remedy; without one, list them all."""
    from cnitui.domain.explain import explanation

    click.echo(explanation(name))


@run.command(add_help_option=False, context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
@click.pass_context
def lab(ctx: click.Context, /) -> None:
    """Run the lab until stopped, for kubectl, k9s, ssh and cnitui itself (see `cnitui lab --help`)."""
    from cnitui.lab.__main__ import main as lab_main

    sys.argv = ["cnitui lab", *ctx.args]
    sys.exit(lab_main())


@run.command()
@click.argument("manifest", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), default=None, help="Write the result to this file.")
@click.option("--in-place", is_flag=True, help="Change the file itself.")
@click.option("--diff", is_flag=True, help="Print the difference, change nothing.")
@click.option("--check", is_flag=True, help="Exit 1 when a change is due, 0 when not; change nothing.")
@click.option("--container", default="install-cni", show_default=True, help="Init container to make privileged.")
def patch(manifest: Path, output: Path | None, in_place: bool, diff: bool, check: bool, container: str) -> None:
    """Add the missing privileged line to install-cni in MANIFEST (Solution 1), every other byte untouched."""
    from cnitui.commands import PatchOutput, run_patch

    sys.exit(run_patch(manifest, container, PatchOutput(output, in_place, diff, check)))


@run.command("ansible-role")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--case", "case", default="", metavar="FILE", help="Take the names from a case file, not a cluster.")
@click.option("--offline", is_flag=True, help="Look at no cluster: the names of stock manifests.")
@click.option("--force", is_flag=True, help="Replace files that are there.")
@common
@click.pass_context
def ansible_role(ctx: click.Context, /, folder: Path, case: str, offline: bool, force: bool, **given: Any) -> None:
    """Write an Ansible role into DIR that deploys Calico with the line that install-cni lacks (Solution 4).

    DIR's last part is the role's name. Namespace and DaemonSet are those of the cluster, where one can be asked.
    """
    if offline and case:
        raise click.UsageError("--offline and --case exclude each other")
    from cnitui.ansible_role import run_ansible_role

    named = any(options["context"] or options["kubeconfig"] for options in (given, ctx.obj))
    sys.exit(run_ansible_role(merged(ctx, given), folder, case, offline=offline, named=named, force=force))


@run.command()
@click.option("--case", "case", default="", metavar="FILE", help="Answer from a case file, not a cluster.")
@click.option("--wait", default="30s", metavar="TIME", show_default=True, help="Longest time to read.")
@common
@click.pass_context
def mcp(ctx: click.Context, /, case: str, wait: str, **given: Any) -> None:
    """Answer an agent over the Model Context Protocol, on standard input and output; nothing is ever written.

    Its tools diagnose, evidence, explain and preview only read. Takes the extra: pip install 'cnitui[mcp]'.
    """
    from cnitui.mcp.command import run_mcp

    sys.exit(run_mcp(merged(ctx, given), case, seconds_of(wait, "--wait")))


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of `cnitui` and `kubectl-cnitui`; expected failures become one line on stderr and an exit code."""
    if arguments is None:  # a process of our own: looking for garbage among imports is a fifth of the time they take
        gc.disable()  # until `compose.collect_garbage`
    with failures_told():
        sys.exit(run.main(args=list(arguments) if arguments is not None else None, standalone_mode=False))
