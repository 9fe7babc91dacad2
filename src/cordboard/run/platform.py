"""Everything that a process of any role works with, wired by hand from the settings down."""

from __future__ import annotations

from dataclasses import dataclass

from cordboard.domain.accounts.service import AccountService
from cordboard.domain.accounts.sign_in import SignIn
from cordboard.domain.accounts.tokens import TokenSigner
from cordboard.infra.blobs import LocalBlobs
from cordboard.infra.db import Database
from cordboard.infra.http import GuardedClient
from cordboard.kit.clock import Clock
from cordboard.kit.ids import Ids
from cordboard.kit.secrets import KeyRing
from cordboard.run.settings import Settings

KEYS_FILE = "keys/secrets.json"
SIGNING_FILE = "keys/tokens.pem"
MEDIA_FOLDER = "media"


@dataclass(frozen=True, slots=True)
class Platform:
    """The services of one process. `client` is the guarded one: it is for URLs that customers set."""

    settings: Settings
    clock: Clock
    ids: Ids
    keys: KeyRing
    database: Database
    client: GuardedClient
    blobs: LocalBlobs
    accounts: AccountService
    sign_in: SignIn

    async def close(self) -> None:
        """Lets connections go; the database last."""
        await self.client.close()
        await self.database.close()


def build_platform(settings: Settings, database: Database, clock: Clock) -> Platform:
    """The services on an open database. Makes the key files on the first start."""
    ids = Ids(clock)
    keys = KeyRing.load_or_create(settings.data_path / KEYS_FILE)
    signer = TokenSigner.load_or_create(settings.data_path / SIGNING_FILE, clock)
    return Platform(
        settings=settings,
        clock=clock,
        ids=ids,
        keys=keys,
        database=database,
        client=GuardedClient(allow_private=settings.network.allow_private_callbacks),
        blobs=LocalBlobs(settings.data_path / MEDIA_FOLDER, settings.http.public_url),
        accounts=AccountService(database=database, clock=clock, ids=ids, signer=signer, keys=keys),
        sign_in=SignIn(database=database, clock=clock, ids=ids, signer=signer, keys=keys),
    )
