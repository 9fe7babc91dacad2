"""Accounts and who may act for them, wired."""

from __future__ import annotations

from dataclasses import dataclass

from cordboard.domain.accounts.config import AccountConfigService
from cordboard.domain.accounts.credentials import Credentials
from cordboard.domain.accounts.external_config import ExternalConfigService
from cordboard.domain.accounts.keys import KeyService
from cordboard.domain.accounts.password_change import PasswordChange
from cordboard.domain.accounts.ports import UserInboxes, UserNumbers
from cordboard.domain.accounts.service import AccountService
from cordboard.domain.accounts.sign_in import SignIn
from cordboard.domain.accounts.subaccounts import SubaccountService
from cordboard.domain.accounts.tokens import TokenSigner
from cordboard.domain.accounts.two_factor import TwoFactorService
from cordboard.domain.accounts.users import UserService
from cordboard.domain.accounts.work_groups import WorkGroupService
from cordboard.domain.billing.service import BillingService
from cordboard.infra.db import Database
from cordboard.kit.clock import Clock
from cordboard.kit.ids import Ids
from cordboard.kit.secrets import KeyRing
from cordboard.run.adapters import FundingByBilling


@dataclass(frozen=True, slots=True)
class People:
    """What accounts and users are managed by, beside the account service that everybody asks."""

    sign_in: SignIn
    users: UserService
    change_password: PasswordChange
    two_factor: TwoFactorService
    work_groups: WorkGroupService
    subaccounts: SubaccountService
    config: AccountConfigService
    external_config: ExternalConfigService
    keys: KeyService


def build_people(
    *,
    database: Database,
    clock: Clock,
    ids: Ids,
    keys: KeyRing,
    signer: TokenSigner,
    accounts: AccountService,
    work_groups: WorkGroupService,
    subaccounts: SubaccountService,
    billing: BillingService,
    numbers: UserNumbers,
    inboxes: UserInboxes,
    allow_private_urls: bool,
) -> People:
    """The verbs of people."""
    credentials = Credentials(database=database, clock=clock, keys=keys)
    sign_in = SignIn(database=database, clock=clock, ids=ids, signer=signer, credentials=credentials)
    return People(
        sign_in=sign_in,
        users=UserService(clock=clock, ids=ids, numbers=numbers, inboxes=inboxes),
        change_password=PasswordChange(database=database, clock=clock, credentials=credentials, sign_in=sign_in),
        two_factor=TwoFactorService(database=database, keys=keys, credentials=credentials),
        work_groups=work_groups,
        subaccounts=subaccounts,
        config=AccountConfigService(accounts, FundingByBilling(billing), allow_private_urls=allow_private_urls),
        external_config=ExternalConfigService(keys),
        keys=KeyService(clock, accounts),
    )
