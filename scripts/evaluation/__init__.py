"""Measurements: each module has main(arguments) -> exit status and is run by scripts/evaluate."""
