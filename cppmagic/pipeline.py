"""The road from a source to an artifact: recall it if nothing changed; else render, plan, build.

Source -> render -> Rendered -> plan -> Plan -> build -> Artifact
"""

from __future__ import annotations

import time

from cppmagic import cache as caches
from cppmagic.cache import Artifact, Cache
from cppmagic.config import BuildConfig
from cppmagic.errors import BuildError
from cppmagic.inputs import Record
from cppmagic.log import log_phase, phase
from cppmagic.recall import NO_OPTIONS, source_key
from cppmagic.settings import settings
from cppmagic.source import Source

# Importing typing costs as much as a cached import of a whole module.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from cppmagic.planning import Plan
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
    started = time.perf_counter()
    known = None if force else cache.recall_alias(key, source.directory)
    if known is not None:
        log_phase(f"recalled: {source.label} is unchanged", time.perf_counter() - started)
        return known
    return _obtain(source, options, key, cache, force)[:2]


def obtain_with_plan(source: Source, options: BuildConfig = NO_OPTIONS) -> tuple[Artifact, Plan]:
    """Return the artifact of a source, and the plan that it was built by; see `obtain`."""
    cache = caches.current()
    artifact, _, made = _obtain(source, options, source_key(source, options), cache, force=False)
    return artifact, made


def _obtain(
    source: Source, options: BuildConfig, key: str, cache: Cache, force: bool
) -> tuple[Artifact, Record, Plan]:
    # Only a miss needs these, and what they import.
    from cppmagic.template import render

    with phase("rendered"):
        rendered = render(source, options)
    if source.binding:
        return _obtain_bound(rendered, key, cache, force)
    return _obtain_rendered(rendered, key, cache, force)


def _obtain_rendered(
    rendered: Rendered, key: str, cache: Cache, force: bool
) -> tuple[Artifact, Record, Plan]:
    from cppmagic.building import build
    from cppmagic.planning import plan

    source = rendered.source
    with phase("planned"):
        made = plan(rendered, cache)
    asked_at = time.time()
    with cache.lock(made.key, f"{source.fullname} ({source.label})"):
        started = time.perf_counter()
        known = cache.recall(made.key, source.directory)
        if known is None or (force and known[0].built_at < asked_at):
            known = build(made, cache, force)
            cache.remember(made.key, known[1])
        else:
            log_phase("recalled: an earlier build fits", time.perf_counter() - started)
        if rendered.reusable:
            cache.remember_alias(key, made.key)
    return (*known, made)


def _obtain_bound(
    rendered: Rendered, key: str, cache: Cache, force: bool
) -> tuple[Artifact, Record, Plan]:
    """Write bindings for a source, and build both."""
    from cppmagic.autobind.attempts import first_attempt

    with phase("bindings written"):
        attempt = first_attempt(rendered)
    while True:
        try:
            return _obtain_rendered(attempt.rendered, key, cache, force)
        except BuildError as error:
            attempt = attempt.after(error)
