"""Benchmarks: cppimport and cppmagic side by side, in one run. See README.md."""
