"""Recording a collector's talk with a real platform, with people and secrets replaced."""
