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
from cppmagic.light import dataclass, replace
from cppmagic.log import log_phase, logger, phase
from cppmagic.recall import NO_OPTIONS, key_without_path, source_key
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
    since = time.time() if force else 0.0
    from cppmagic.locks import await_other, lock

    # Who waits for another process that builds the same need not know yet how it is built.
    waited = await_other(cache, key, _described(source))
    if waited and (known := _recalled(cache, key, source, since)):
        return known
    with lock(cache, key, _described(source), waited=waited):
        if known := _recalled(cache, key, source, since):
            return known
        return _obtain_anew(_Order(source, options, key, cache, since))


def _recalled(
    cache: Cache, key: str, source: Source, since: float
) -> tuple[Artifact, Record] | None:
    known = cache.recall_alias(key, source.directory)
    return known if known is not None and known[0].built_at >= since else None


def obtain_with_plan(source: Source, options: BuildConfig = NO_OPTIONS) -> tuple[Artifact, Plan]:
    """Return the artifact of a source, and the plan that it was built by; see `obtain`."""
    order = _Order(source, options, source_key(source, options), caches.current(), 0.0)
    artifact, _, made = _obtain(order, _render(order))
    return artifact, made


@dataclass(frozen=True)
class _Order:
    """What is to be obtained.

    Attributes:
        source: what to build.
        options: beyond its `cfg`.
        key: the source key.
        cache: where it goes.
        since: what was built before then does not count (seconds since the epoch; 0: all does).
    """

    source: Source
    options: BuildConfig
    key: str
    cache: Cache
    since: float

    def anywhere(self, rendered: Rendered) -> str:
        """Return the key by which the artifact is found where there is no compiler."""
        return key_without_path(replace(self.source, text=rendered.text), rendered.config)


def _obtain_anew(order: _Order) -> tuple[Artifact, Record]:
    rendered = _render(order)
    try:
        return _obtain(order, rendered)[:2]
    except ToolchainError as error:
        if order.since or not error.is_missing:
            raise
        # What was built of the same text, while there was a compiler, is better than nothing.
        source, key = order.source, order.anywhere(rendered)
        known = order.cache.recall_alias(key, source.directory, compilers=False)
        if known is None:
            raise
        logger.info("%s: there is no compiler here; what was built before is used", source.label)
        return known


def _render(order: _Order) -> Rendered:
    # Only a miss needs this, and what it imports.
    from cppmagic.template import render

    with phase("rendered"):
        return render(order.source, order.options)


def _obtain(order: _Order, rendered: Rendered) -> tuple[Artifact, Record, Plan]:
    anywhere = order.anywhere(rendered)
    keys = (order.key, anywhere) if rendered.reusable else (anywhere,)
    if not order.source.binding:
        return _obtain_rendered(order, rendered, keys)
    from cppmagic.autobind.attempts import first_attempt

    with phase("bindings written"):
        attempt = first_attempt(rendered)
    while True:
        try:
            return _obtain_rendered(order, attempt.rendered, keys)
        except BuildError as error:
            attempt = attempt.after(error)


def _obtain_rendered(
    order: _Order, rendered: Rendered, keys: tuple[str, ...]
) -> tuple[Artifact, Record, Plan]:
    from cppmagic.building import build
    from cppmagic.locks import lock
    from cppmagic.planning import plan

    source, cache = order.source, order.cache
    with phase("planned"):
        made = plan(rendered, cache)
    # Other sources, and the same in other directories, may come to the same plan.
    with lock(cache, made.key, _described(source)):
        started = time.perf_counter()
        known = cache.recall(made.key, source.directory)
        if known is None or known[0].built_at < order.since:
            known = build(made, cache, fresh=bool(order.since))
            cache.remember(made.key, known[1])
        else:
            log_phase("recalled: an earlier build fits", time.perf_counter() - started)
        for key in keys:
            cache.remember_alias(key, made.key)
    return (*known, made)


def _described(source: Source) -> str:
    return f"{source.fullname} ({source.label})"
