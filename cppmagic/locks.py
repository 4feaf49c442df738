"""Who builds: locks of keys, and the private directories of builds, which are held by a lock each.

Locks are the kernel's: a killed process holds none. Where it is known by a lock that a builder is
no more, what it left is swept.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator

from cppmagic.cache import Cache
from cppmagic.errors import LockTimeoutError
from cppmagic.private_files import remove_tree, unique_name
from cppmagic.settings import settings

_WAIT_MESSAGE_AFTER = 3.0  # seconds


def await_other(cache: Cache, key: str, what: str) -> float:
    """Wait while another process holds the lock of a key; return for how many seconds.

    This is for the many that want what one of them builds: it needs neither the lock nor
    filelock, whose import takes longer than a cached import.
    """
    waited = 0.0
    while settings.use_filelock and waited < settings.lock_timeout and _is_locked(cache, key):
        pause = 0.1 if waited < _WAIT_MESSAGE_AFTER else 0.3
        time.sleep(min(pause, settings.lock_timeout - waited))
        if waited < _WAIT_MESSAGE_AFTER <= waited + pause:
            _say_waiting(what)
        waited += pause
    return waited


def _is_locked(cache: Cache, key: str) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows
        return False
    try:
        descriptor = os.open(_lock_path(cache, key), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # a file system without locks
        return False
    finally:
        os.close(descriptor)
    return False


def _lock_path(cache: Cache, key: str) -> str:
    return os.path.join(cache.root, "locks", key + settings.lock_suffix)


@contextlib.contextmanager
def lock(
    cache: Cache, key: str, what: str, timeout: float | None = None, waited: float = 0.0
) -> Iterator[None]:
    """Hold the lock of a key. Others wait, and say so after a few seconds.

    Args:
        key: of what is built.
        what: is built, for messages.
        timeout: seconds to wait; default: `settings.lock_timeout`.
        waited: seconds that count as waited already; see `await_other`.

    Raises:
        LockTimeoutError: it was not free within that time.
    """
    if not settings.use_filelock:
        yield
        return
    import filelock

    path = _lock_path(cache, key)
    cache.make_dir(os.path.dirname(path))
    lock = filelock.FileLock(path)
    timeout = settings.lock_timeout if timeout is None else timeout
    rest = max(0.0, timeout - waited)
    quiet = max(0.0, min(_WAIT_MESSAGE_AFTER, timeout) - waited)
    try:
        try:
            lock.acquire(timeout=quiet, poll_interval=0.1)
        except filelock.Timeout:
            if waited < _WAIT_MESSAGE_AFTER:
                _say_waiting(what)
            lock.acquire(timeout=rest - quiet, poll_interval=0.3)
    except filelock.Timeout:
        raise LockTimeoutError(
            f"another process has been building {what} for {timeout:g} s; if that is how long "
            "it takes, raise settings.lock_timeout (CPPMAGIC_LOCK_TIMEOUT), else end that "
            "process (its lock goes with it)"
        ) from None
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def work_dir(cache: Cache) -> Iterator[str]:
    """Make a private directory for one build; it is gone afterwards, however the build ends."""
    import filelock

    shelf = os.path.join(cache.root, "work")
    cache.make_dir(shelf)
    sweep(cache)
    path = os.path.join(shelf, unique_name())
    # Held while the owner lives: whoever can take it may sweep the directory away.
    lock = filelock.FileLock(path + ".lock")
    lock.acquire()
    try:
        os.mkdir(path, 0o700)
        yield path
    finally:
        remove_tree(path)
        with contextlib.suppress(OSError):
            os.unlink(path + ".lock")
        lock.release()


def sweep(cache: Cache) -> None:
    """Remove the work directories of builders that are no more."""
    import filelock

    shelf = os.path.join(cache.root, "work")
    if not os.path.isdir(shelf):
        return

    with os.scandir(shelf) as entries:
        left = [entry.path for entry in entries if entry.is_dir()]
    for path in left:
        lock = filelock.FileLock(path + ".lock")
        try:
            lock.acquire(timeout=0)
        except (filelock.Timeout, OSError):
            continue
        remove_tree(path)
        with contextlib.suppress(OSError):
            os.unlink(path + ".lock")
        lock.release()


def _say_waiting(what: str) -> None:
    from cppmagic.log import logger

    logger.warning("waiting for another process that is building %s", what)
