"""The table: rows by key, columns that fit, painted line by line; it knows nothing of pods or nodes."""
