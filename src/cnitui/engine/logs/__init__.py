"""Container logs followed across attempts: the one stream of data beside the frozen state, in blocks and bounded."""
