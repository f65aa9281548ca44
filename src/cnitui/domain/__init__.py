"""What we know and how we judge: standard library only, nothing asynchronous, no input or output."""
