"""What the migration of a manifest installation to the Tigera operator needs, as it follows from what was read.

Each aspect of the installation is one function from an `Observation` to a `Part`: its share of the Installation, and
the preconditions it was judged by, each with what was read. The facts are those of tigera/operator
pkg/controller/migration/convert, which decides what the operator takes over and what it refuses.
"""
