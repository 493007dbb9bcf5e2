"""How a request gets in, and its answer out: one module a server interface, one for this process, one `Exchange`."""
