"""Verbs by which staff teach the model: label, train, evaluate."""

from monitor.cli.learning.evaluating import evaluate
from monitor.cli.learning.labelling import label
from monitor.cli.learning.training import train

VERBS = (label, train, evaluate)
