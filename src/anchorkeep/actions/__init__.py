"""What the product does for a user, one story a module; the command line, a library user and tests tell it the same way."""
