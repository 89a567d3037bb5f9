from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.bulk_answer import BulkAnswer
from ...models.link_body import LinkBody
from ...models.problem import Problem
from ...types import UNSET, Unset
from typing import cast



def _get_kwargs(
    *,
    body: list[LinkBody],
    dry_run: bool | Unset = UNSET,

) -> dict[str, Any]:
    headers: dict[str, Any] = {}


    

    params: dict[str, Any] = {}

    params["dry_run"] = dry_run


    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}


    _kwargs: dict[str, Any] = {
        "method": "put",
        "url": "/v1/links/bulk",
        "params": params,
    }

    _kwargs["json"] = []
    for body_item_data in body:
        body_item = body_item_data.to_dict()
        _kwargs["json"].append(body_item)



    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> BulkAnswer | Problem | None:
    if response.status_code == 200:
        response_200 = BulkAnswer.from_dict(response.json())



        return response_200

    if response.status_code == 400:
        response_400 = Problem.from_dict(response.json())



        return response_400

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())



        return response_401

    if response.status_code == 403:
        response_403 = Problem.from_dict(response.json())



        return response_403

    if response.status_code == 404:
        response_404 = Problem.from_dict(response.json())



        return response_404

    if response.status_code == 408:
        response_408 = Problem.from_dict(response.json())



        return response_408

    if response.status_code == 409:
        response_409 = Problem.from_dict(response.json())



        return response_409

    if response.status_code == 413:
        response_413 = Problem.from_dict(response.json())



        return response_413

    if response.status_code == 415:
        response_415 = Problem.from_dict(response.json())



        return response_415

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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[BulkAnswer | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: list[LinkBody],
    dry_run: bool | Unset = UNSET,

) -> Response[BulkAnswer | Problem]:
    """ Makes or changes many links by what the account calls them, in one commit

     Up to 10,000 links, each with its `external_id`: one that has a link changes it, another one makes
    one. To send the
    same again does nothing.

    Args:
        dry_run (bool | Unset):
        body (list[LinkBody]):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BulkAnswer | Problem]
     """


    kwargs = _get_kwargs(
        body=body,
dry_run=dry_run,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    *,
    client: AuthenticatedClient,
    body: list[LinkBody],
    dry_run: bool | Unset = UNSET,

) -> BulkAnswer | Problem | None:
    """ Makes or changes many links by what the account calls them, in one commit

     Up to 10,000 links, each with its `external_id`: one that has a link changes it, another one makes
    one. To send the
    same again does nothing.

    Args:
        dry_run (bool | Unset):
        body (list[LinkBody]):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BulkAnswer | Problem
     """


    return sync_detailed(
        client=client,
body=body,
dry_run=dry_run,

    ).parsed

async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: list[LinkBody],
    dry_run: bool | Unset = UNSET,

) -> Response[BulkAnswer | Problem]:
    """ Makes or changes many links by what the account calls them, in one commit

     Up to 10,000 links, each with its `external_id`: one that has a link changes it, another one makes
    one. To send the
    same again does nothing.

    Args:
        dry_run (bool | Unset):
        body (list[LinkBody]):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BulkAnswer | Problem]
     """


    kwargs = _get_kwargs(
        body=body,
dry_run=dry_run,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    *,
    client: AuthenticatedClient,
    body: list[LinkBody],
    dry_run: bool | Unset = UNSET,

) -> BulkAnswer | Problem | None:
    """ Makes or changes many links by what the account calls them, in one commit

     Up to 10,000 links, each with its `external_id`: one that has a link changes it, another one makes
    one. To send the
    same again does nothing.

    Args:
        dry_run (bool | Unset):
        body (list[LinkBody]):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BulkAnswer | Problem
     """


    return (await asyncio_detailed(
        client=client,
body=body,
dry_run=dry_run,

    )).parsed
