"""What several renderings may do together."""

from __future__ import annotations

from cordboard.engines.freemarker.faults import SpentError


class Budget:
    """`steps` for all who share it, such as `limits.Limits` has them for one rendering."""

    def __init__(self, steps: int) -> None:
        self._steps = steps
        self.left = steps

    def spend(self, steps: int) -> None:
        """Pays for work. Raises SpentError where less than that is left; nothing is then."""
        self.left -= steps
        if self.left < 0:
            self.left = 0
            raise SpentError(f"more than {self._steps} steps")
