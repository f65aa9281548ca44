"""Our two themes: quiet greys, one accent, and red, yellow and green only where they mean something."""

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
THEMES = {theme.name: theme for theme in (DARK, LIGHT)}
