"""What the person at the terminal sees: screens and widgets over frozen state, with no knowledge of clusters."""
