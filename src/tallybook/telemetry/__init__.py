"""How a server tells what it is doing: log lines, metrics, traces."""
