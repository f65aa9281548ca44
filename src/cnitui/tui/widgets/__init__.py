"""Widgets that draw what they are handed: they read no app state and mount alone."""
