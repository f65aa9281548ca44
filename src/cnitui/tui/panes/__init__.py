"""The panes of the overview; each is also a full screen of its own when zoomed."""
