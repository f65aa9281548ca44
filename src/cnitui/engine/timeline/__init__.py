"""What happened when: merged by time for a list, and as lanes, bars and marks that a screen or a page draws."""
