"""The host edge: files, runtimes and lists of roots on this machine, and what only POSIX has."""
