"""Values that everyone speaks: frozen, comparable, without policy and without input or output."""
