"""Files and directories that belong to one user, and appear or go at once."""

from __future__ import annotations

import contextlib
import os
import stat

from cppmagic.errors import CacheError


def refuse_foreign(root: str) -> None:
    """Raise unless nobody but this user can write to the directory (or it does not exist yet)."""
    if not hasattr(os, "geteuid"):
        return  # Windows: the user's cache directory is private by its access control list
    try:
        status = os.stat(root)
    except FileNotFoundError:
        return
    except OSError as error:
        raise unusable(root, error) from error
    if not stat.S_ISDIR(status.st_mode):
        raise CacheError(f"the cache directory {root} is not a directory; set CPPMAGIC_CACHE_DIR")
    danger = "Libraries from it run with your rights, so it is not used."
    if status.st_uid != os.geteuid():
        raise CacheError(
            f"the cache directory {root} belongs to another user. {danger} Set CPPMAGIC_CACHE_DIR "
            "to a directory of your own"
        )
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise CacheError(
            f"others can write to the cache directory {root}. {danger} If all that is in it is "
            f"yours: chmod go-w {root}; else set CPPMAGIC_CACHE_DIR to another directory"
        )


def unusable(root: str, error: OSError) -> CacheError:
    return CacheError(
        f"the cache directory {root} cannot be used: {error.strerror}; make it writable, or set "
        "CPPMAGIC_CACHE_DIR (or cppmagic.settings.cache_dir) to a directory that is"
    )


def make_private_dir(path: str) -> None:
    """Make a directory and those above it. (os.makedirs gives its mode to the last one only.)"""
    if not os.path.isdir(path):
        make_private_dir(os.path.dirname(path))
        try:
            os.mkdir(path, 0o700)
        except FileExistsError:  # another process was faster
            if not os.path.isdir(path):
                raise


def write_atomically(path: str, text: str) -> None:
    temporary = f"{path}.{unique_name()}.tmp"
    try:
        with open(temporary, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def unique_name() -> str:
    return os.urandom(12).hex()


def remove_tree(path: str) -> None:
    import shutil

    shutil.rmtree(path, ignore_errors=True)
