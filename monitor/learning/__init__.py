"""Learning from staff: which posts to ask about, fitting small heads on frozen vectors, and measuring what verdicts are worth.

Pure: values in, values out; arrays are rows of posts by columns.
"""
