"""codelode: local-first code search by meaning, at scale."""

from codelode.index import Answer, Index
from codelode.types import Hit

__version__ = "0.1.0"
__all__ = ["Answer", "Hit", "Index", "__version__"]
