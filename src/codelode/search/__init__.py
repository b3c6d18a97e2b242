"""The search path: from a request to hits.

`searcher` is a search on one machine, start to end: `prepare` makes the request context, `gather`
finds candidates in a shard (the local half of the ranking), `finish` orders the candidates of all
shards (the global half of the ranking), `texts` reads the hits. The same calls serve an index that
is spread over machines.
"""
