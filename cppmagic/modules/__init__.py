"""Versions (loaded artifacts with unique, importable names) and live modules (what users hold)."""
