"""Our themes: quiet greys, one accent, and red, yellow and green only where they mean something."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="cnitui-dark",
    primary="#8ab4f8",
    secondary="#9aa5b1",
    accent="#6cb6ff",
    foreground="#d5d9de",
    background="#111417",
    surface="#181c20",
    panel="#22272d",
    success="#7ec687",
    warning="#e0b354",
    error="#f2787a",
    dark=True,
    variables={"text-muted": "#7f8a95", "block-cursor-background": "#2b4560", "block-cursor-foreground": "#ffffff"},
)
LIGHT = Theme(
    name="cnitui-light",
    primary="#1f5fbf",
    secondary="#5b6670",
    accent="#0b62c4",
    foreground="#1d2227",
    background="#fbfbfa",
    surface="#f1f2f3",
    panel="#e2e5e8",
    success="#1f7a33",
    warning="#8a5a00",
    error="#b3261e",
    dark=False,
    variables={"text-muted": "#66707a", "block-cursor-background": "#cfe2fb", "block-cursor-foreground": "#0c1b2c"},
)
COLOUR_BLIND = Theme(
    name="cnitui-colour-blind",
    primary="#56b4e9",
    secondary="#9aa5b1",
    accent="#cc9fd8",
    foreground="#d5d9de",
    background="#111417",
    surface="#181c20",
    panel="#22272d",
    success="#56b4e9",
    warning="#f0e442",
    error="#e8743b",
    dark=True,
    variables={
        "text-success": "#56b4e9",
        "text-warning": "#f0e442",
        "text-error": "#e8743b",
        "text-accent": "#cc9fd8",
        "text-primary": "#cc9fd8",
        "text-muted": "#8a949e",
        "block-cursor-background": "#2b4560",
        "block-cursor-foreground": "#ffffff",
    },
)
"""Blue is good, orange fails, yellow warns: apart with red, green or blue cones missing, and by lightness.

After the palette of Okabe and Ito (Color Universal Design, 2008).
"""
SIXTEEN = Theme(
    name="cnitui-16",
    primary="#55ffff",
    secondary="#aaaaaa",
    accent="#55ffff",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#000000",
    success="#55ff55",
    warning="#ffff55",
    error="#ff5555",
    dark=True,
    variables={
        "text": "#ffffff",
        "text-success": "#55ff55",
        "text-warning": "#ffff55",
        "text-error": "#ff5555",
        "text-accent": "#55ffff",
        "text-primary": "#55ffff",
        "text-muted": "#aaaaaa",
        "block-cursor-background": "#0000aa",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-blurred-background": "#0000aa",
        "scrollbar": "#aaaaaa",
        "scrollbar-background": "#000000",
    },
)
"""Each of them is one of the sixteen, so that none is replaced by a neighbour that cannot be read."""
GREY = Theme(
    name="cnitui-grey",
    primary="#ffffff",
    secondary="#aaaaaa",
    accent="#ffffff",
    foreground="#c4c4c4",
    background="#000000",
    surface="#000000",
    panel="#000000",
    success="#aaaaaa",
    warning="#ffffff",
    error="#ffffff",
    dark=True,
    variables={
        "text-success": "#c4c4c4",
        "text-warning": "#ffffff",
        "text-error": "#ffffff",
        "text-accent": "#ffffff",
        "text-primary": "#ffffff",
        "text-muted": "#8c8c8c",
        "block-cursor-background": "#555555",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-blurred-background": "#333333",
    },
)
"""For NO_COLOR: what fails is the brightest, where a grey made of red would be the darkest."""
THEMES = {theme.name: theme for theme in (DARK, LIGHT, COLOUR_BLIND, SIXTEEN, GREY)}


def default_theme(colour_system: str | None, *, no_colour: bool = False) -> str:
    """The theme for somebody who asked for none; `colour_system` as Rich names it."""
    if no_colour:
        return GREY.name
    return SIXTEEN.name if colour_system == "standard" else DARK.name
