"""Platforms on loopback: each stub answers as the real service does, within its windows and limits, and fails when told to."""
