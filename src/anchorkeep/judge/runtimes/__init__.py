"""The rules by which each family of runtimes judges a chain, a module a family and its parts."""
