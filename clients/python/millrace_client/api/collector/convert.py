from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.conversion import Conversion
from ...models.problem import Problem
from ...types import UNSET, Unset
from typing import cast



def _get_kwargs(
    goal: str,
    *,
    click_id: str | Unset = UNSET,
    transaction_id: str | Unset = UNSET,
    status: str | Unset = UNSET,
    value: str | Unset = UNSET,
    currency: str | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
    sig: str | Unset = UNSET,

) -> dict[str, Any]:
    

    

    params: dict[str, Any] = {}

    params["click_id"] = click_id

    params["transaction_id"] = transaction_id

    params["status"] = status

    params["value"] = value

    params["currency"] = currency

    params["idempotency_key"] = idempotency_key

    params["sig"] = sig


    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}


    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/c/{goal}".format(goal=quote(str(goal), safe=""),),
        "params": params,
    }


    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Conversion | Problem | None:
    if response.status_code == 200:
        response_200 = Conversion.from_dict(response.json())



        return response_200

    if response.status_code == 400:
        response_400 = Problem.from_dict(response.json())



        return response_400

    if response.status_code == 403:
        response_403 = Problem.from_dict(response.json())



        return response_403

    if response.status_code == 404:
        response_404 = Problem.from_dict(response.json())



        return response_404

    if response.status_code == 409:
        response_409 = Problem.from_dict(response.json())



        return response_409

    if response.status_code == 429:
        response_429 = Problem.from_dict(response.json())



        return response_429

    if response.status_code == 500:
        response_500 = Problem.from_dict(response.json())



        return response_500

    if response.status_code == 503:
        response_503 = Problem.from_dict(response.json())



        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Conversion | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    goal: str,
    *,
    client: AuthenticatedClient | Client,
    click_id: str | Unset = UNSET,
    transaction_id: str | Unset = UNSET,
    status: str | Unset = UNSET,
    value: str | Unset = UNSET,
    currency: str | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
    sig: str | Unset = UNSET,

) -> Response[Conversion | Problem]:
    """ Tells of a conversion

     The goal may be named, too, where the parameter `pixel` names a pixel of its account.

    Args:
        goal (str):
        click_id (str | Unset):
        transaction_id (str | Unset):
        status (str | Unset):
        value (str | Unset):
        currency (str | Unset):
        idempotency_key (str | Unset):
        sig (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Conversion | Problem]
     """


    kwargs = _get_kwargs(
        goal=goal,
click_id=click_id,
transaction_id=transaction_id,
status=status,
value=value,
currency=currency,
idempotency_key=idempotency_key,
sig=sig,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    goal: str,
    *,
    client: AuthenticatedClient | Client,
    click_id: str | Unset = UNSET,
    transaction_id: str | Unset = UNSET,
    status: str | Unset = UNSET,
    value: str | Unset = UNSET,
    currency: str | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
    sig: str | Unset = UNSET,

) -> Conversion | Problem | None:
    """ Tells of a conversion

     The goal may be named, too, where the parameter `pixel` names a pixel of its account.

    Args:
        goal (str):
        click_id (str | Unset):
        transaction_id (str | Unset):
        status (str | Unset):
        value (str | Unset):
        currency (str | Unset):
        idempotency_key (str | Unset):
        sig (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Conversion | Problem
     """


    return sync_detailed(
        goal=goal,
client=client,
click_id=click_id,
transaction_id=transaction_id,
status=status,
value=value,
currency=currency,
idempotency_key=idempotency_key,
sig=sig,

    ).parsed

async def asyncio_detailed(
    goal: str,
    *,
    client: AuthenticatedClient | Client,
    click_id: str | Unset = UNSET,
    transaction_id: str | Unset = UNSET,
    status: str | Unset = UNSET,
    value: str | Unset = UNSET,
    currency: str | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
    sig: str | Unset = UNSET,

) -> Response[Conversion | Problem]:
    """ Tells of a conversion

     The goal may be named, too, where the parameter `pixel` names a pixel of its account.

    Args:
        goal (str):
        click_id (str | Unset):
        transaction_id (str | Unset):
        status (str | Unset):
        value (str | Unset):
        currency (str | Unset):
        idempotency_key (str | Unset):
        sig (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Conversion | Problem]
     """


    kwargs = _get_kwargs(
        goal=goal,
click_id=click_id,
transaction_id=transaction_id,
status=status,
value=value,
currency=currency,
idempotency_key=idempotency_key,
sig=sig,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    goal: str,
    *,
    client: AuthenticatedClient | Client,
    click_id: str | Unset = UNSET,
    transaction_id: str | Unset = UNSET,
    status: str | Unset = UNSET,
    value: str | Unset = UNSET,
    currency: str | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
    sig: str | Unset = UNSET,

) -> Conversion | Problem | None:
    """ Tells of a conversion

     The goal may be named, too, where the parameter `pixel` names a pixel of its account.

    Args:
        goal (str):
        click_id (str | Unset):
        transaction_id (str | Unset):
        status (str | Unset):
        value (str | Unset):
        currency (str | Unset):
        idempotency_key (str | Unset):
        sig (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Conversion | Problem
     """


    return (await asyncio_detailed(
        goal=goal,
client=client,
click_id=click_id,
transaction_id=transaction_id,
status=status,
value=value,
currency=currency,
idempotency_key=idempotency_key,
sig=sig,

    )).parsed
