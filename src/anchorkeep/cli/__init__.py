"""The command line: a module a command group. Results go to stdout, talk to stderr, all text through `render`."""
