"""Mask likely secrets in text that is shown to agents.

An agent sends what it reads to a model, so a key in a configuration file would leave the machine.
The mask covers tokens in known formats, private keys, and literals that look random and are
assigned to names such as `password` or `api_key`. It keeps the names and the number of lines.
"""

from __future__ import annotations

import math
import re
from collections import Counter

MASK = "[masked secret]"

_TOKENS = re.compile(
    r"""\b(?:
    (?:AKIA|ASIA)[A-Z0-9]{16}                       # AWS access keys
    | gh[pousr]_[A-Za-z0-9]{36,255}                 # GitHub
    | github_pat_[A-Za-z0-9_]{40,255}
    | gl(?:pat|ptt|dt|rt|soat)-[A-Za-z0-9_-]{20,64} # GitLab
    | xox[abeoprs]-[A-Za-z0-9-]{10,250}             # Slack
    | sk-(?:ant-|proj-|live-)?[A-Za-z0-9_-]{20,250} # OpenAI, Anthropic
    | [rs]k_(?:live|test)_[A-Za-z0-9]{16,250}       # Stripe
    | AIza[A-Za-z0-9_-]{35}                         # Google
    | ya29\.[A-Za-z0-9_-]{20,250}
    | npm_[A-Za-z0-9]{36}
    | pypi-[A-Za-z0-9_-]{50,250}
    | hf_[A-Za-z0-9]{30,250}
    | SG\.[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{16,64} # SendGrid
    | eyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,2000}\.[A-Za-z0-9_-]{10,2000} # JWT
    )(?![A-Za-z0-9])""",
    re.VERBOSE,
)
_PRIVATE_KEY = re.compile(
    r"(?P<begin>-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)(?P<body>[^-]{20,20000}?)"
    r"(?=-----END|\Z)"
)
_ASSIGNED = re.compile(
    r"""(?P<name>\b[\w.-]{0,40}(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key
        |private[_-]?key|credentials?|auth[_-]?key)(?:s|\d{1,3}|[_-][\w-]{0,20})?["']?\s{0,4}(?::=|=>|=|:)\s{0,4}
        (?:[a-z]{0,4}(?P<quote>["'`]))?)
        (?P<value>[A-Za-z0-9+/=_.~!@%^&*-]{12,200})
        (?(quote)(?P=quote)|(?=[\s,;}]|\Z))""",
    re.VERBOSE | re.IGNORECASE,
)
_USERINFO = re.compile(r"(?P<before>\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@'\"]{1,60}:)"
                       r"(?P<value>[^\s:/@'\"$<{]{6,100})(?=@[\w.-])")  # fmt: skip
_PLACEHOLDER = re.compile(
    r"example|sample|dummy|changeme|change-me|placeholder|your|xxx|test|fake|none|null|true|false"
    r"|\$|<|%s|\{|process\.env|os\.environ|getenv|\.\.\.",
    re.IGNORECASE,
)
_LEAST_ENTROPY = 3.0
"""Bits per character: words have less, random text of at least 12 characters has more."""


class SecretMask:
    """Masks secrets and counts them."""

    def __init__(self, enabled: bool = True) -> None:
        self._enabled = enabled
        self.masked = 0

    def __call__(self, text: str) -> str:
        """Return a text with its likely secrets masked; the number of lines stays the same."""
        if not self._enabled:
            return text
        text = _PRIVATE_KEY.sub(self._key, text)
        text = _TOKENS.sub(self._token, text)
        text = _USERINFO.sub(self._password, text)
        return _ASSIGNED.sub(self._assigned, text)

    def _key(self, match: re.Match[str]) -> str:
        self.masked += 1
        lines = re.sub(r"[^\r\n]+", "", match["body"])
        return f"{match['begin']}{MASK}{lines}"

    def _token(self, match: re.Match[str]) -> str:
        self.masked += 1
        return MASK

    def _password(self, match: re.Match[str]) -> str:
        if _PLACEHOLDER.search(match["value"]):
            return match[0]
        self.masked += 1
        return f"{match['before']}{MASK}"

    def _assigned(self, match: re.Match[str]) -> str:
        value = match["value"]
        if not _looks_random(value, quoted=match["quote"] is not None):
            return match[0]
        self.masked += 1
        return f"{match['name']}{MASK}{match['quote'] or ''}"


def _looks_random(value: str, quoted: bool) -> bool:
    """Return whether a value looks random: a literal that cannot be a name, path or placeholder."""
    if _PLACEHOLDER.search(value):
        return False
    classes = [any(map(test, value)) for test in (str.islower, str.isupper, str.isdigit)]
    mixed = sum(classes) + (not value.replace("_", "").replace("-", "").isalnum())
    if mixed < (2 if quoted else 3) or ("." in value and not quoted):
        return False
    if all(part.isalpha() or part.isdigit() for part in re.split(r"[-_./+]+", value) if part):
        return False  # looks like words, perhaps with numbers
    return _entropy(value) >= _LEAST_ENTROPY


def _entropy(text: str) -> float:
    """Return the entropy of a text in bits per character."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())
