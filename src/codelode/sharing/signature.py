"""Signatures of shared indexes, made and checked by `ssh-keygen -Y` (OpenSSH 8.2 or newer).

The keys are the SSH keys that people already have; the file of allowed signers is the one that git
uses for `gpg.ssh.allowedSignersFile`. codelode stores no key and implements no cipher.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from codelode.errors import UsageError
from codelode.system.error_message import last_line

NAMESPACE = "codelode-index"
"""A signature of something else, such as a commit, does not count."""
MAX_SIGNATURE_BYTES = 64 << 10
_SECONDS = 120  # a hardware key may wait for a touch


def sign(data: bytes, key: Path) -> bytes:
    """Sign bytes with a private key; given a public key, ssh-agent uses the private one.

    Returns the signature. Raises `UsageError`.
    """
    if not key.is_file():
        raise UsageError(f"{key}: there is no such key")
    done = _run(["-Y", "sign", "-q", "-n", NAMESPACE, "-f", os.fspath(key)], data)
    if done.returncode:
        raise UsageError(f"cannot sign with {key}: {_reason(done)}")
    return done.stdout


def signer(data: bytes, signature: bytes, allowed: Path) -> str | None:
    """Return the allowed signer who signed these bytes, or None if none did.

    Raises `UsageError` if the file of allowed signers is missing.
    """
    if not allowed.is_file():
        raise UsageError(f"{allowed}: there is no such file of allowed signers")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "signature"
        file.write_bytes(signature)
        where = ["-f", os.fspath(allowed), "-s", os.fspath(file)]
        found = _run(["-Y", "find-principals", *where], b"")
        for principal in found.stdout.decode("utf-8", "replace").splitlines():
            done = _run(["-Y", "verify", "-n", NAMESPACE, "-I", principal, *where], data)
            if done.returncode == 0:
                return principal
    return None


def _run(arguments: list[str], data: bytes) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            ["ssh-keygen", *arguments], input=data, capture_output=True, timeout=_SECONDS
        )
    except FileNotFoundError:
        raise UsageError("signatures need `ssh-keygen` (OpenSSH 8.2 or newer)") from None
    except subprocess.TimeoutExpired:
        raise UsageError(f"ssh-keygen did not answer within {_SECONDS} seconds") from None


def _reason(done: subprocess.CompletedProcess[bytes]) -> str:
    return last_line(done.stderr) or f"ssh-keygen ended with {done.returncode}"
