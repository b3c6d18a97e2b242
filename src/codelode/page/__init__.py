"""The page for people (`lode serve`): search as you type, in a browser on this machine.

`words` splits a query into text and filters, `trees` are the roots that are served, `updates` keeps
their indexes up to date, `search` finds hits in all of them. The views (`results`, `file_view`,
`home`, `plots`) make HTML with `markup`, which is safe by construction. `application` has the
routes, `api` the same answers as JSON, and `serve` runs both. `assets/` has the style sheet and the
script; the page is readable without the script.
"""
