"""IVRs: what they are made of, whether one can work, and the call flow through it."""

from cordboard.engines.ivr.compiling import start_ivr
from cordboard.engines.ivr.models import Action, ConfigurationOptions, IvrDefinition, Menu, Option
from cordboard.engines.ivr.validation import validate

__all__ = ["Action", "ConfigurationOptions", "IvrDefinition", "Menu", "Option", "start_ivr", "validate"]
