"""The API's objects: the store that holds them, their kinds, and those a cluster with Calico has from the start."""
