from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.problem import Problem
from ...models.simulated import Simulated
from ...models.somebody import Somebody
from typing import cast



def _get_kwargs(
    id: str,
    *,
    body: Somebody,

) -> dict[str, Any]:
    headers: dict[str, Any] = {}


    

    

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/links/{id}/simulate".format(id=quote(str(id), safe=""),),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Problem | Simulated | None:
    if response.status_code == 200:
        response_200 = Simulated.from_dict(response.json())



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

    if response.status_code == 413:
        response_413 = Problem.from_dict(response.json())



        return response_413

    if response.status_code == 415:
        response_415 = Problem.from_dict(response.json())



        return response_415

    if response.status_code == 429:
        response_429 = Problem.from_dict(response.json())



        return response_429

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Problem | Simulated]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    id: str,
    *,
    client: AuthenticatedClient,
    body: Somebody,

) -> Response[Problem | Simulated]:
    """ Says where a link would lead somebody, and why; counts nothing

     Which variant a visitor gets follows from a number that nobody can know beforehand, so that all are
    listed with their
    shares. `CLICK_ID` stands for the id of the click.

    Args:
        id (str):
        body (Somebody): Somebody who might follow a link. What is left out is not known.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | Simulated]
     """


    kwargs = _get_kwargs(
        id=id,
body=body,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    id: str,
    *,
    client: AuthenticatedClient,
    body: Somebody,

) -> Problem | Simulated | None:
    """ Says where a link would lead somebody, and why; counts nothing

     Which variant a visitor gets follows from a number that nobody can know beforehand, so that all are
    listed with their
    shares. `CLICK_ID` stands for the id of the click.

    Args:
        id (str):
        body (Somebody): Somebody who might follow a link. What is left out is not known.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | Simulated
     """


    return sync_detailed(
        id=id,
client=client,
body=body,

    ).parsed

async def asyncio_detailed(
    id: str,
    *,
    client: AuthenticatedClient,
    body: Somebody,

) -> Response[Problem | Simulated]:
    """ Says where a link would lead somebody, and why; counts nothing

     Which variant a visitor gets follows from a number that nobody can know beforehand, so that all are
    listed with their
    shares. `CLICK_ID` stands for the id of the click.

    Args:
        id (str):
        body (Somebody): Somebody who might follow a link. What is left out is not known.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | Simulated]
     """


    kwargs = _get_kwargs(
        id=id,
body=body,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    id: str,
    *,
    client: AuthenticatedClient,
    body: Somebody,

) -> Problem | Simulated | None:
    """ Says where a link would lead somebody, and why; counts nothing

     Which variant a visitor gets follows from a number that nobody can know beforehand, so that all are
    listed with their
    shares. `CLICK_ID` stands for the id of the click.

    Args:
        id (str):
        body (Somebody): Somebody who might follow a link. What is left out is not known.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | Simulated
     """


    return (await asyncio_detailed(
        id=id,
client=client,
body=body,

    )).parsed
