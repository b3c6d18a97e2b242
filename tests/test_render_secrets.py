"""Secrets are masked in text for agents; code that only looks like a secret is not."""

from __future__ import annotations

import random
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codelode.mcp.calls import Calls
from codelode.mcp.roots import Roots
from codelode.render.secrets import MASK, SecretMask
from tests.commandline import CommandLine, write_tree

RANDOM = random.Random(7)


def noise(length: int, alphabet: str = string.ascii_letters + string.digits) -> str:
    return "".join(RANDOM.choice(alphabet) for _ in range(length))


KEY = "\n".join(noise(64) for _ in range(5))
SECRETS = {
    "aws": "AKIA" + noise(16, string.ascii_uppercase + string.digits),
    "github": "ghp_" + noise(36),
    "github fine": "github_pat_" + noise(60),
    "gitlab": "glpat-" + noise(20),
    "slack": "xoxb-" + noise(24),
    "openai": "sk-proj-" + noise(48),
    "stripe": "sk_live_" + noise(24),
    "google": "AIza" + noise(35),
    "npm": "npm_" + noise(36),
    "jwt": f"eyJ{noise(30)}.eyJ{noise(60)}.{noise(43)}",
}
ASSIGNED = [
    'password = "{}"',
    "DB_PASSWORD='{}'",
    '"api_key": "{}",',
    "API-KEY: {}",
    'client_secret := "{}"',
    "const authToken = `{}`;",
    "export SECRET_KEY={}",
    "url = postgres://admin:{}@db.internal/app",
]


@pytest.mark.parametrize("name", SECRETS)
def test_tokens_of_known_formats_are_masked(name: str) -> None:
    mask = SecretMask()
    text = f"x = '{SECRETS[name]}'\ny = 1\n"
    masked = mask(text)
    assert SECRETS[name] not in masked
    assert MASK in masked
    assert masked.endswith("\ny = 1\n")
    assert mask.masked == 1
    assert SecretMask(enabled=False)(text) == text


@pytest.mark.parametrize("form", ASSIGNED)
def test_random_values_of_telling_names_are_masked(form: str) -> None:
    for _ in range(20):
        value = "Aq7" + noise(21)
        masked = SecretMask()(form.format(value))
        assert value not in masked
        assert form.split("{}")[0] in masked


def test_private_keys_are_masked_and_keep_their_lines() -> None:
    text = f"a\n-----BEGIN RSA PRIVATE KEY-----\n{KEY}\n-----END RSA PRIVATE KEY-----\nb\n"
    masked = SecretMask()(text)
    assert KEY.splitlines()[2] not in masked
    assert masked.count("\n") == text.count("\n")
    assert "-----END RSA PRIVATE KEY-----\nb\n" in masked
    cut_off = SecretMask()(text[:200])
    assert KEY.splitlines()[0] not in cut_off


@pytest.mark.parametrize(
    "line",
    [
        "password = os.environ['DB_PASSWORD']",
        "token = self.tokenizer.next_token()",
        "def reset_password(user_identifier_2, token: str) -> None:",
        'api_key = "YOUR_API_KEY_HERE_123"',
        'password = "correct horse"',
        "secret: ${{ secrets.DEPLOY_TOKEN_1 }}",
        "const TOKEN_TYPE_IDENTIFIER = 'identifier'",
        "password: {{ vault_password_2 }}",
        "token = tokens[index2 + offset1]",
        "sha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'",
        "credentials = load_credentials_v2_from_file",
        "http://localhost:8080/user@2",
        "postgres://user:${PASSWORD1}@host/db",
    ],
)
def test_code_that_only_looks_like_a_secret_stays(line: str) -> None:
    assert SecretMask()(line) == line


def test_hardly_anything_of_this_repository_is_masked() -> None:
    source = Path(__file__).parent.parent / "src"
    mask = SecretMask()
    for path in source.rglob("*.py"):
        text = path.read_text("utf-8")
        assert mask(text) == text, path


@given(st.text())
def test_lines_are_kept_whatever_the_text(text: str) -> None:
    assert SecretMask()(text).count("\n") == text.count("\n")


def test_agents_see_masks_and_their_number(lode: CommandLine, tmp_path: Path) -> None:
    secret = SECRETS["github"]
    root = write_tree(
        tmp_path / "tree", {"deploy.py": f"def deploy():\n    login({secret!r})  # deploy login\n"}
    )
    shown = lode("search", "--agent", "deploy login", root).must_succeed().text
    assert secret not in shown
    assert "1 secret masked" in shown
    assert secret in lode("search", "--agent", "--show-secrets", "deploy", root).text
    roots = Roots.open([str(root)], str(lode.cache / "codelode"))
    assert secret not in Calls(roots).run("read", {"path": "deploy.py"})
    assert secret in Calls(roots, show_secrets=True).run("read", {"path": "deploy.py"})
