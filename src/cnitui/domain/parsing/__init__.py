"""Raw text to facts, one module per format; nothing here raises on garbage."""
