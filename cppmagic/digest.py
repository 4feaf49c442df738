"""Digests: short names for contents."""

from __future__ import annotations

try:
    # hashlib's own source of it, without the OpenSSL that hashlib loads along.
    from _blake2 import blake2b
except ImportError:
    from hashlib import blake2b

# 128 bits: nobody gains by a collision in their own cache, and accidents need 2**64 files.
_SIZE = 16


def digest(*parts: str | bytes) -> str:
    """Return a hexadecimal digest of the parts; where one ends and the next begins counts."""
    state = blake2b(digest_size=_SIZE)
    for part in parts:
        data = part.encode("utf-8", "surrogateescape") if isinstance(part, str) else part
        state.update(b"%d:" % len(data))
        state.update(data)
    return state.hexdigest()


def digest_file(path: str) -> str:
    """Return the digest of a file's content.

    Raises:
        OSError: it cannot be read.
    """
    with open(path, "rb") as file:
        return digest(file.read())
