"""Copying, from any screen."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message


@dataclass
class CopyRequested(Message):
    """Put this text on the clipboard (OSC 52 reaches through SSH and tmux)."""

    text: str
    what: str
