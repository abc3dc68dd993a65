"""Which posts are the same trouble: copies are found, and complaints put into incidents as they come, one pass, ids for ever.

A post joins the incident that it is most surprisingly like: likeness is the cosine of character and word tf-idf, surprise how rarely
two unrelated posts are so alike (algorithms.md, section 3). Time, rare names, threads, topics and authors move the balance.
"""

from monitor.grouping.background import SHIPPED, Background
from monitor.grouping.grouper import Grouper
from monitor.grouping.shapes import Candidate, Merge, Parameters, Placement

__all__ = ["SHIPPED", "Background", "Candidate", "Grouper", "Merge", "Parameters", "Placement"]
