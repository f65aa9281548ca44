"""Log panes: a window on what a feed keeps, its keys and words, and the grid that holds several side by side."""
