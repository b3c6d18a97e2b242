"""Files whose names suggest secrets are left out, and counted."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codelode.discover.secret_files import _SECRET, _TEMPLATE, holds_secrets
from codelode.index import Index
from tests.commandline import CommandLine, write_tree

SECRET = (
    ".env .env.local .env.production prod.env .envrc id_rsa id_ed25519 deploy_id_rsa server.pem"
    " tls.key cert.p12 cert.pfx app.jks release.keystore .netrc .npmrc .pypirc .pgpass .htpasswd"
    " credentials credentials.json client_secret.json client_secret_123.apps.json"
    " service-account.json service_account-prod.json secrets.yml secret.json master.key"
    " terraform.tfstate prod.tfvars .git-credentials ID_RSA Server.PEM"
).split()
ORDINARY = (
    ".env.example .env.sample .env.template id_rsa.pub env.py environment.ts keyboard.c key.py"
    " credentials.py credentials_provider.go secrets.py secret_store.rs pem.go tokens.py"
    " service_account.py package.json .npmignore monkey.js config.env.example my.keys.ts"
).split()


@pytest.mark.parametrize("name", SECRET)
def test_names_of_secrets(name: str) -> None:
    assert holds_secrets(name.encode())


@pytest.mark.parametrize("name", ORDINARY)
def test_other_names(name: str) -> None:
    assert not holds_secrets(name.encode())


@given(st.from_regex(_SECRET, fullmatch=True))
def test_names_that_match_are_not_sorted_out_first(name: bytes) -> None:
    assert holds_secrets(name) == (_TEMPLATE.search(name) is None)


def test_hostile_names_are_matched_in_linear_time() -> None:
    for name in (b"." * 255, b"id_" * 85, b"a-" * 127, b".env." + b".-" * 120, b"\xff" * 255):
        holds_secrets(name)


def test_secrets_are_left_out_and_counted_unless_asked_for(
    lode: CommandLine, tmp_path: Path
) -> None:
    files: dict[str, str | bytes] = {"app.py": "import os\n", "deploy/tls.key": "key = 'k3y'\n",
                                     "conf/secrets.yml": "password: x\n"}  # fmt: skip
    root = write_tree(tmp_path / "tree", files)
    report = lode("index", "--json", root).must_succeed().json
    assert (report["files"], report["skipped"]["secret"]) == (1, 2)
    listed = lode("index", "--dry-run", "--list-skipped", root).must_succeed()
    assert "deploy/tls.key" in listed.text + listed.message
    assert lode("index", "--json", "--secrets", root).must_succeed().json["files"] == 3
    assert Index.open(root, index_dir=lode.cache / "codelode").holds("deploy/tls.key")
    assert lode("index", "--json", root).must_succeed().json["files"] == 1
