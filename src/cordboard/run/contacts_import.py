"""`cordboard contacts import`: a file of contacts through the HTTP API, of this installation or another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Final, get_args
from uuid import UUID

import aiohttp
import click
import msgspec

from cordboard.domain.accounts.service import AccountService
from cordboard.domain.contacts.models import ConflictMode
from cordboard.infra.db import Tx
from cordboard.kit.clock import monotonic
from cordboard.kit.errors import CordboardError, InvalidInputError
from cordboard.run.command_line import answer, config_option, failing_in_words, json_option, load, opened_platform

_POLL_SECONDS: Final = 0.5
_PATIENCE_SECONDS: Final = 60.0
_ANSWER: Final = aiohttp.ClientTimeout(total=30)
_SENDING: Final = aiohttp.ClientTimeout(total=3600, sock_read=600)
_KEY_DAYS: Final = 1
_SHOWN_ERRORS: Final = 20
_OK: Final = 200
_SERVER_FAILURE: Final = 500

Progress = Callable[[int], object]
"""Is told how many bytes of the file were worked off since the last time."""


class ImportFailedError(CordboardError):
    """The API cannot be reached, refuses the file, or gave the upload up."""

    message = "The import failed"


class ApiClient:
    """Sends a file and follows its upload. `account_id`: the subaccount that is acted for."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: str, account_id: UUID | None) -> None:
        self._session = session
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"}
        self._acting = {"accountSid": str(account_id)} if account_id else {}

    async def send(self, file: Path, mode: ConflictMode) -> str:
        """Starts the upload; its id. Raises ImportFailedError."""
        with file.open("rb") as opened:
            form = aiohttp.FormData()
            form.add_field("parts", opened, filename=file.name, content_type="text/csv")
            path = "/v4/contact/uploadAsync"
            try:
                upload = await self._ask("POST", path, _SENDING, {"conflictMode": mode}, form)
            except (aiohttp.ClientError, TimeoutError) as error:
                raise ImportFailedError(f"{self._url} cannot be reached: {error}") from error
        return str(upload["uploadId"])

    async def follow(self, upload_id: str, progress: Progress) -> dict[str, Any]:
        """The upload once it has ended. An API that is away for a while is waited for. Raises ImportFailedError."""
        done, heard = 0, monotonic()
        while True:
            try:
                upload = await self._ask("GET", f"/v4/upload/{upload_id}", _ANSWER, {"size": str(_SHOWN_ERRORS)})
            except (aiohttp.ClientError, TimeoutError) as error:
                if monotonic() - heard > _PATIENCE_SECONDS:
                    raise ImportFailedError(f"{self._url} cannot be reached any more: {error}") from error
            else:
                heard = monotonic()
                progress(upload["processedBytes"] - done)
                done = upload["processedBytes"]
                if upload["status"] != "processing":
                    return upload
            await asyncio.sleep(_POLL_SECONDS)

    async def _ask(
        self,
        method: str,
        path: str,
        timeout: aiohttp.ClientTimeout,
        query: dict[str, str],
        form: aiohttp.FormData | None = None,
    ) -> dict[str, Any]:
        """The single member of the payload. Raises ImportFailedError, aiohttp.ClientError, TimeoutError."""
        async with self._session.request(
            method,
            self._url + path,
            params={**query, **self._acting},
            data=form,
            headers=self._headers,
            timeout=timeout,
        ) as response:
            body = await response.read()
            if response.status >= _SERVER_FAILURE:
                raise aiohttp.ClientError(f"status {response.status}")
            if response.status != _OK:
                raise ImportFailedError(_refusal(response.status, body))
            member: dict[str, Any] = msgspec.json.decode(body)["payload"][0]
            return member


@click.group()
def contacts() -> None:
    """Contacts of an account."""


@contacts.command(name="import")
@config_option
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--email", help="Whose contacts: the user who signs in so, of this installation. No token is needed.")
@click.option("--account", "account_id", type=click.UUID, help="The subaccount of that user's account to act for.")
@click.option("--mode", type=click.Choice(get_args(ConflictMode)), default="REJECT", show_default=True)
@click.option("--url", help="Where the API is [default: this installation's].")
@click.option("--token", envvar="CORDBOARD_TOKEN", help="A token of the account [default: $CORDBOARD_TOKEN].")
@json_option
@failing_in_words
async def import_contacts(
    config: Path | None,
    file: Path,
    email: str | None,
    account_id: UUID | None,
    mode: ConflictMode,
    url: str | None,
    token: str | None,
    as_json: bool,
) -> None:
    """Make contacts of a CSV FILE whose first line names their fields; the column phonenumber1 is the number.

    Exit code 1 if the import failed; rows that were refused are told of.
    """
    if email:
        async with opened_platform(config) as platform, platform.database.transaction() as tx:
            token = await _key_of(platform.accounts, tx, email)
    if not token:
        raise InvalidInputError.of("--token", "is required, or --email of a user of this installation")
    reached = url or load(config).http.local_url
    async with aiohttp.ClientSession() as session:
        client = ApiClient(session, reached, token, account_id)
        upload_id = await client.send(file, mode)
        bar = nullcontext() if as_json else click.progressbar(length=_size(file), label=file.name)
        with bar as shown:
            upload = await client.follow(upload_id, shown.update if shown is not None else _unheard)
    answer(as_json, _in_words(upload), **upload)
    if upload["status"] == "failed":
        raise click.exceptions.Exit(1)


async def _key_of(accounts: AccountService, tx: Tx, email: str) -> str:
    """A key of a user for the time of an import."""
    user = await accounts.user_named(tx, email)
    owner = await accounts.get(tx, user.account_id)
    return await accounts.create_key(
        tx, user, owner, description="contacts import", roles=list(user.roles), days=_KEY_DAYS
    )


def _size(file: Path) -> int:
    return max(1, file.stat().st_size)


def _unheard(_: int) -> None:
    """Progress that nobody wants to see."""


def _refusal(status: int, body: bytes) -> str:
    """What the API said, in a line."""
    try:
        errors = msgspec.json.decode(body)["error"]
        return "; ".join(f"{one['message']}" + (f" ({one['moreInfo']})" if one["moreInfo"] else "") for one in errors)
    except (msgspec.DecodeError, KeyError, TypeError):
        return f"the API answered with status {status}"


def _in_words(upload: dict[str, Any]) -> str:
    ended = "Done" if upload["status"] == "completed" else f"It failed, for {upload['reason']}"
    lines = [f"{ended}: {upload['successRows']} rows became contacts, {upload['failedRows']} were refused."]
    lines += [f"row {row}: {problem}" for row, problem in (upload["errors"] or {}).items()]
    if upload["failedRows"] > _SHOWN_ERRORS:
        lines.append(f"The rest of them: GET /v4/upload/{upload['uploadId']}?offset={_SHOWN_ERRORS}")
    return "\n".join(lines)
