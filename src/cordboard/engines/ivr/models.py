"""An IVR as its owner describes it (requests 85-89)."""

from __future__ import annotations

import msgspec


class Action(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One thing that an option does. `type`: say, play, dial, nextMenu, hangup or workflow; `value` is the text, the
    asset, the number, the menuId or the workflow id.
    """

    type: str
    value: str | int | None = None

    @property
    def text(self) -> str:
        """The value as text."""
        return "" if self.value is None else str(self.value).strip()


class Option(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A choice of a menu. `say` is read to the caller with the menu."""

    dtmf_key: str | int
    say: str | None = None
    actions: list[Action] = []

    @property
    def key(self) -> str:
        """What is keyed for it."""
        return str(self.dtmf_key).strip()


class Menu(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What the caller hears and may choose. The IVR begins with the one that is its `entry`."""

    menu_id: str
    say: str | None = None
    play: str | None = None
    recording: bool = False
    entry: bool = False
    options: list[Option] = []


class ConfigurationOptions(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What holds for all menus. `say` and `play` greet the caller once; `timeout` in seconds."""

    tts_voice: str = "en-us-standard-female-1"
    max_attempts: int = 3
    timeout: int = 3
    min_digits: int = 1
    max_digits: int = 1
    say: str | None = None
    play: str | None = None
    recording: bool = False
    description: str | None = None


class IvrDefinition(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A whole IVR. `version` is the store's to count."""

    ivr_name: str
    menus: list[Menu]
    configuration_options: ConfigurationOptions = ConfigurationOptions()
    version: int = 1
