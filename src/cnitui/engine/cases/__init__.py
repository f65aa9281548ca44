"""Case files: collecting what a diagnosis rests on, saving it, and sitting with one instead of a cluster."""
