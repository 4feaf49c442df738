"""Plain C++ for tests: text goes in, a module comes out."""

from __future__ import annotations

import textwrap
from types import ModuleType

from cppmagic import cache as caches
from cppmagic import pipeline
from cppmagic.autobind.left_out import left_out_lines
from cppmagic.config import BuildConfig
from cppmagic.modules.version import load
from cppmagic.source import Source

FAST = BuildConfig(optimize="0")


def source_of(text: str, name: str = "plain") -> Source:
    """Return a source that is bound automatically; its lines are counted from 1."""
    text = textwrap.dedent(text)
    path = caches.current().store_cell(name, ".cpp", text)
    return Source(name, text, path, "In[1]", "/", "c++", "auto")


def plain_module(text: str, options: BuildConfig = FAST, name: str = "plain") -> ModuleType:
    """Build and load a text."""
    return load(pipeline.obtain(source_of(text, name), options), "In[1]").module


def left_out(text: str, options: BuildConfig = FAST) -> list[str]:
    """Return the lines about what is left out of a text."""
    return left_out_lines(plain_module(text, options), source_of(text), options)
