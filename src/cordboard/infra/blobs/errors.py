"""What goes wrong with a store."""

from __future__ import annotations

from cordboard.kit.errors import CordboardError


class BlobStoreError(CordboardError):
    """The store cannot be reached or refuses us; `more_info` says which, without its addresses and keys. What was to be
    stored is not there.
    """

    status = 503
    code = "503"
    message = "Storage unavailable"
    fix = "Send the request again later; the operator looks at `cordboard doctor`."
