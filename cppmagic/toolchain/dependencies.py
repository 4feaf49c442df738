"""The compiler's dependency output (`-MD`): which files it read."""

from __future__ import annotations

import os
import re


def read_dependencies(path: str, directory: str) -> list[str]:
    """Return the absolute paths of the files in a make rule that a compiler wrote.

    Args:
        path: the `.d` file.
        directory: where the compiler ran; relative names resolve there.

    Raises:
        OSError: the file cannot be read.
    """
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        rule = file.read().replace("\\\n", " ")
    _, _, names = rule.partition(": ")
    words = re.findall(r"(?:\\.|\$\$|[^\s\\])+|\\(?=\s)", names)
    # realpath would follow a symlink that a user may point elsewhere; the link itself was read.
    return [os.path.abspath(os.path.join(directory, _unescaped(word))) for word in words]


def _unescaped(word: str) -> str:
    return re.sub(r"\\([\s#\\:])", r"\1", word).replace("$$", "$")
