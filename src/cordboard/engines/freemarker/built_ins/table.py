"""Every built-in by name, and what to say of those that there are not."""

from __future__ import annotations

from typing import Final

from cordboard.engines.freemarker.built_ins.common import BuiltIn
from cordboard.engines.freemarker.built_ins.escapes import ESCAPES
from cordboard.engines.freemarker.built_ins.figures import FIGURES
from cordboard.engines.freemarker.built_ins.kinds import KINDS
from cordboard.engines.freemarker.built_ins.moments import MOMENTS, converted
from cordboard.engines.freemarker.built_ins.sequences import SEQUENCES
from cordboard.engines.freemarker.built_ins.strings import STRINGS

BUILT_INS: Final[dict[str, BuiltIn]] = {
    **STRINGS,
    **ESCAPES,
    **FIGURES,
    **MOMENTS,
    **SEQUENCES,
    **KINDS,
    "date": converted("date"),
    "time": converted("time"),
    "datetime": converted("datetime"),
}

REFUSED: Final = frozenset(
    {
        "new", "api", "has_api", "interpret", "eval", "namespace", "with_args", "with_args_last",
        "absolute_template_name", "esc", "no_esc", "markup_string", "groups", "rtf", "node_name", "node_type",
        "node_namespace", "parent", "children", "root", "ancestors", "next_sibling", "previous_sibling",
        "truncate_m", "truncate_c_m", "truncate_w_m",
    }
)  # fmt: skip
"""FreeMarker's, but not for templates that strangers write, or of no use without what the host does not offer."""
