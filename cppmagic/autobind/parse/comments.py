"""Comments that document: which one belongs to a declaration, and its text as a docstring."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node


def comment_above(node: Node) -> str:
    """Return the comment directly above a node."""
    comments: list[str] = []
    below, above = node, node.prev_sibling
    while above is not None and above.type == "comment" and above.text is not None:
        if below.start_point[0] - above.end_point[0] > 1:
            break
        before = above.prev_sibling
        if (
            before is not None
            and before.end_point[0] == above.start_point[0]
            and before.end_point[1] > 0
        ):
            break  # it belongs to what stands before it on its line
        comments.insert(0, above.text.decode("utf-8", "replace"))
        below, above = above, before
    return clean_comment(comments)


def comment_beside(node: Node) -> str:
    """Return the comment behind a node on its line, or the one above it."""
    after = node.next_sibling
    if after is not None and after.type in (",", ";"):
        after = after.next_sibling
    if (
        after is not None
        and after.type == "comment"
        and after.text is not None
        and after.start_point[0] == node.end_point[0]
    ):
        return clean_comment([after.text.decode("utf-8", "replace")])
    return comment_above(node)


def clean_comment(comments: list[str]) -> str:
    """Return the text of the comments above a declaration, as a docstring."""
    lines: list[str] = []
    for comment in comments:
        if comment.startswith("//"):
            lines.append(re.sub(r"^//[/!]?<?[ ]?", "", comment).rstrip())
            continue
        inner = re.sub(r"^/\*[*!]*<?|\**/$", "", comment)
        lines += [re.sub(r"^[ \t]*\*? ?", "", line).rstrip() for line in inner.split("\n")]
    return _without_commands("\n".join(lines).strip("\n")).strip()


def _without_commands(text: str) -> str:
    """Return a comment with Doxygen's commands as words."""
    text = re.sub(r"[@\\](?:brief|details?|short)[ \t]+", "", text)
    text = re.sub(r"[@\\]t?param(?:\[[^\]]*\])?[ \t]+(\w+)[ \t]*:?[ \t]*", r"\1: ", text)
    text = re.sub(r"[@\\](?:returns?|result)\b[ \t]*", "Returns: ", text)
    return re.sub(r"[@\\](?:throws?|exception)\b[ \t]*", "Raises: ", text)
