"""What the benchmarks share: a server, counters of CPU and memory, tables of results."""
