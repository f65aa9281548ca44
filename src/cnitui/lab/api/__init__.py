"""The API server's side of the lab: HTTP in, objects of the store out; its users, certificates and kubeconfigs.

It knows the world only to read logs and to delete pods.
"""
