"""The API server's side of the lab: HTTP in, objects of the store out. Knows the world only to read logs and delete pods."""
