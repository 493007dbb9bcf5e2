"""How a client's request gets in, and its answer out: one module a server interface, one `Exchange` for both."""
