"""Documents to chunks: by syntax where there is a grammar, by lines elsewhere."""
