"""DiffView: signs, scrolling, copying."""

from __future__ import annotations

from cnitui.tui.messages import CopyRequested
from cnitui.tui.widgets.diff import DiffView
from tests.tui.widgets.conftest import Alone, lines_of, styled

DIFF = (
    "--- DaemonSet kube-system/calico-node (now)",
    "+++ DaemonSet kube-system/calico-node (as the server would store it)",
    "@@ -40,6 +40,8 @@",
    "         - name: install-cni",
    "           image: docker.io/calico/cni:v3.27.0",
    "+          securityContext:",
    "+            privileged: true  # the installer writes to the host",
    "-          resources: {}",
    "           volumeMounts:",
)


async def test_signs_stay_in_the_first_column_and_unchanged_lines_are_dim() -> None:
    view = DiffView(DIFF)
    async with Alone(view).run_test(size=(80, 12)) as pilot:
        await pilot.pause()
        assert lines_of(view)[:9] == [line.rstrip() for line in DIFF]
        assert styled(view, 5)[0][0] == "+"
        assert styled(view, 5)[0][1] != styled(view, 7)[0][1]
        assert styled(view, 3)[0][1] == styled(view, 0)[0][1]
        assert view.counts == (2, 1)


async def test_keys_values_and_comments_are_told_apart() -> None:
    view = DiffView(DIFF)
    async with Alone(view).run_test(size=(80, 12)) as pilot:
        await pilot.pause()
        pieces = {text.strip(): style for text, style in styled(view, 6)}
        styles = {pieces["privileged"], pieces["true"], pieces["# the installer writes to the host"]}
        assert len(styles) == 3


async def test_it_scrolls_both_ways_and_jumps_to_changes() -> None:
    view = DiffView([f" context {n}" for n in range(50)] + list(DIFF[3:]) + [" end"] * 10)
    async with Alone(view).run_test(size=(40, 6)) as pilot:
        view.focus()
        await pilot.press("n")
        assert lines_of(view)[1].startswith("+          securityContext:")
        await pilot.press("right")
        assert lines_of(view)[1].startswith("   securityContext:")
        await pilot.press("g", "left")
        assert lines_of(view)[0] == " context 0"


async def test_a_hostile_line_is_one_line_and_the_copy_is_what_came() -> None:
    hostile = "+ [red]x[/red] \x1b]52;c;aGk=\x07 \u202e" + "y" * 1_000_000
    view = DiffView([hostile, " next"])
    app = Alone(view)
    async with app.run_test(size=(40, 6), message_hook=app.hear) as pilot:
        view.focus()
        await pilot.press("c")
        await pilot.pause()
        assert lines_of(view)[1] == " next"
        assert view.render_line(0).cell_length == 40
        assert "\x1b" not in view.render_line(0).text
        assert next(m for m in app.heard if isinstance(m, CopyRequested)).text == f"{hostile}\n next"


async def test_no_difference_is_said() -> None:
    view = DiffView()
    async with Alone(view).run_test(size=(40, 6)) as pilot:
        await pilot.pause()
        assert lines_of(view)[0] == " no difference"
