"""Which posts are the same trouble: copies are found, and complaints put into incidents as they come, one pass, ids for ever.

A post joins the incident in which its words are so much likelier than by chance that it cannot be chance among all live incidents.
Ideas, meanings and pieces of words stand in for words that nobody repeats, and sentence vectors where the model gives them; time, threads,
topics and authors move the balance.
"""

from monitor.grouping.background import SHIPPED, Background
from monitor.grouping.grouper import Grouper
from monitor.grouping.meanings import SHIPPED_SPACE, Space
from monitor.grouping.shapes import Candidate, Merge, Parameters, Placement

__all__ = ["SHIPPED", "SHIPPED_SPACE", "Background", "Candidate", "Grouper", "Merge", "Parameters", "Placement", "Space"]
