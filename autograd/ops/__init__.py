"""Every primitive of the project, a family a file."""
