"""The investigation itself: asynchronous, but without a toolkit, a client library or a file of its own."""
