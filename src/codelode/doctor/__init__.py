"""`lode doctor`: what is wrong with an installation or an index, and how to mend it.

Each module yields the findings of one area; `report` collects them. Nothing here changes anything.
"""
