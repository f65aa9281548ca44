"""What can be typed behind `:`: every action that the screens offer, and commands that take a name."""
