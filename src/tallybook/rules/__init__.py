"""One game a module: pure deciders that the platform hosts."""
