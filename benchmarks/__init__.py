"""Benchmarks of editing, training and the design of the networks: `make bench`."""
