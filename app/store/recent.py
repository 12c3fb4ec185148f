"""What was read of the citizens asked about last, each under the version at which it was read."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Recent(Generic[Value]):
    """Values by citizen, at most so many; one is found under its very version alone."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[int, tuple[Hashable, Value]] = OrderedDict()

    def find(self, pid: int, version: Hashable) -> Value | None:
        """Return what was kept of the citizen at this version."""
        found = self._kept.get(pid)
        if found is None or found[0] != version:
            return None
        self._kept.move_to_end(pid)
        return found[1]

    def keep(self, pid: int, version: Hashable, value: Value) -> None:
        """Keep a value in place of the citizen's last one, and forget the citizen asked about longest ago."""
        self._kept[pid] = version, value
        self._kept.move_to_end(pid)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
