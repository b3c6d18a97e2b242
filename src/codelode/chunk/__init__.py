"""The split of documents into chunks: by syntax where there is a grammar, by lines elsewhere."""
