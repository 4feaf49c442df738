"""The road from a source to an artifact: recall it if nothing changed; else render, plan, build.

Source -> render -> Rendered -> plan -> Plan -> build -> Artifact
"""

from __future__ import annotations

import time

from cppmagic import cache as caches
from cppmagic.cache import Artifact, Cache
from cppmagic.config import BuildConfig
from cppmagic.errors import BuildError, ToolchainError
from cppmagic.inputs import Record
from cppmagic.light import replace
from cppmagic.log import logger
from cppmagic.recall import NO_OPTIONS, key_without_path, source_key
from cppmagic.settings import settings
from cppmagic.source import Source

# Importing typing costs as much as a cached import of a whole module.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from cppmagic.template import Rendered


def obtain(source: Source, options: BuildConfig = NO_OPTIONS, force: bool = False) -> Artifact:
    """Return the artifact of a source: from the cache if nothing that decides it changed.

    Args:
        source: what to build.
        options: what the caller asks for beyond the source's `cfg`.
        force: build even so.

    Raises:
        CppmagicError: one of its kinds, when the source cannot become a library.
    """
    return obtain_with_record(source, options, force)[0]


def obtain_with_record(
    source: Source, options: BuildConfig = NO_OPTIONS, force: bool = False
) -> tuple[Artifact, Record]:
    """Return the artifact of a source, and the record of what it was built from; see `obtain`."""
    cache = caches.current()
    force = force or settings.force_rebuild
    key = source_key(source, options)
    known = None if force else cache.recall_alias(key, source.directory)
    if known is not None:
        logger.debug("%s is unchanged", source.label)
        return known
    since = time.time() if force else 0.0
    # Who waits for another process that builds the same need not know yet how it is built.
    with cache.lock(key, _described(source)):
        known = cache.recall_alias(key, source.directory)
        if known is not None and known[0].built_at >= since:
            return known
        return _obtain_anew(source, options, key, cache, since)


def _obtain_anew(
    source: Source, options: BuildConfig, key: str, cache: Cache, since: float
) -> tuple[Artifact, Record]:
    # Only a miss needs this, and what it imports.
    from cppmagic.template import render

    rendered = render(source, options)
    anywhere = key_without_path(replace(source, text=rendered.text), rendered.config)
    keys = (key, anywhere) if rendered.reusable else (anywhere,)
    try:
        if source.binding:
            return _obtain_bound(rendered, keys, cache, since)
        return _obtain_rendered(rendered, keys, cache, since)
    except ToolchainError as error:
        if since or not error.is_missing:
            raise
        # What was built of the same text, while there was a compiler, is better than nothing.
        known = cache.recall_alias(anywhere, source.directory, compilers=False)
        if known is None:
            raise
        logger.info("%s: there is no compiler here; what was built before is used", source.label)
        return known


def _obtain_rendered(
    rendered: Rendered, keys: tuple[str, ...], cache: Cache, since: float
) -> tuple[Artifact, Record]:
    from cppmagic.building import build
    from cppmagic.planning import plan

    source = rendered.source
    made = plan(rendered, cache)
    # Other sources, and the same in other directories, may come to the same plan.
    with cache.lock(made.key, _described(source)):
        known = cache.recall(made.key, source.directory)
        if known is None or known[0].built_at < since:
            known = build(made, cache, fresh=bool(since))
            cache.remember(made.key, known[1])
        for key in keys:
            cache.remember_alias(key, made.key)
    return known


def _described(source: Source) -> str:
    return f"{source.fullname} ({source.label})"


def _obtain_bound(
    rendered: Rendered, keys: tuple[str, ...], cache: Cache, since: float
) -> tuple[Artifact, Record]:
    """Write bindings for a source, and build both."""
    from cppmagic.autobind.attempts import first_attempt

    attempt = first_attempt(rendered)
    while True:
        try:
            return _obtain_rendered(attempt.rendered, keys, cache, since)
        except BuildError as error:
            attempt = attempt.after(error)
