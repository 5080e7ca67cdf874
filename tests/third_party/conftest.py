"""These are run by run.sh, with packages that the tests don't need."""

collect_ignore_glob = ["*.py"]
