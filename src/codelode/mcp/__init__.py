"""The server for coding agents (`lode mcp`), by the Model Context Protocol.

`tools` declares the tools and `calls` runs them. An answer is compact text (`text`) of entries
(`entries`) that fit a token budget (`budget`, `token_count`); `cursor` makes the next page. `roots`
are the trees that a server may show. Only `server` and `http` import the SDK (the extra `mcp`);
everything else serves `lode search --agent` too.
"""
