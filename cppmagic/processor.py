"""The processor of this machine: `-march=native` makes code that others may not run."""

from __future__ import annotations

from cppmagic.digest import digest

_DESCRIPTION = "/proc/cpuinfo"
_FIRST_CORE = 8192  # bytes: more than what it says of one
_FACTS = (b"vendor_id", b"cpu family", b"model\t", b"model ", b"flags", b"CPU ", b"Features")
_FLAGS = ("-march=native", "-mcpu=native")


def native_identity(*texts: str) -> str:
    """Return what tells processors apart, if a text has a flag for "this machine's", else "".

    A directory that several machines share (a cache, a source tree) may hold code for one of them,
    and another would die of an illegal instruction.

    Args:
        texts: sources, flags, values of the environment.
    """
    if not any(flag in text for text in texts for flag in _FLAGS):
        return ""
    try:
        with open(_DESCRIPTION, "rb") as file:
            lines = file.read(_FIRST_CORE).split(b"\n")[:-1]
        found = [line for line in lines if line.startswith(_FACTS)]
    except OSError:  # not Linux
        import platform

        found = [platform.processor().encode()]
    # Each fact once: several cores may be described in what was read.
    return digest(*(fact.decode(errors="replace") for fact in dict.fromkeys(found)))
