"""Recognize files that hold secrets by their names: environments, private keys, credentials.

They are skipped unless the user asks for them, even if git tracks them: an index is read by
agents, which send what they read to a model.
"""

from __future__ import annotations

import re

_TEMPLATE = re.compile(rb"[._-](?:example|sample|template|dist|defaults?|schema)\Z", re.IGNORECASE)
_SECRET = re.compile(
    rb"""(?:
    \.env(?:\.[\w.-]+)? | [\w.-]+\.env | \.envrc
    | (?:.*[._-])?id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?
    | .*\.(?:pem|key|p12|pfx|p8|ppk|jks|keystore|kdbx|asc\.key|ovpn|tfstate|tfvars)
    | \.(?:netrc|npmrc|pypirc|pgpass|htpasswd|dockercfg|git-credentials|my\.cnf|s3cfg|boto)
    | _netrc
    | credentials(?:\.(?:json|ya?ml|ini|toml|xml|csv))? | application_default_credentials\.json
    | client_secrets?(?:[._-].*)?\.json | service[-_]account(?:[._-].*)?\.json
    | secrets?\.(?:json|ya?ml|ini|toml|properties) | master\.key | \.vault[-_]pass(?:word)?
    )\Z""",
    re.VERBOSE | re.IGNORECASE,
)


_ENDS = tuple(
    b"env rsa dsa ed25519 _sk .pem .key .p12 .pfx .p8 .ppk .jks .keystore .kdbx .ovpn .tfstate"
    b" .tfvars _netrc credentials .json .yaml .yml .ini .toml .xml .csv .properties".split()
)
"""The ends of all matching names that do not begin with a dot: a quick test for most names."""


def holds_secrets(name: bytes) -> bool:
    """Check whether a file of this name holds secrets; a template (`.env.example`) does not."""
    if not name.startswith(b".") and not name.lower().endswith(_ENDS):
        return False
    return _SECRET.match(name) is not None and _TEMPLATE.search(name) is None
