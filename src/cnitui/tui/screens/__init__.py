"""The main screen with its panes, and the few screens and dialogs that open on top of it."""
