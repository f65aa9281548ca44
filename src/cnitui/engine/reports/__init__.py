"""What was found and done, told afterwards: the report of a sitting, of a plan, and all that happened by time."""
