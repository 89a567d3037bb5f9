from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.problem import Problem
from ...models.totals_body import TotalsBody
from ...models.totals_taken import TotalsTaken
from typing import cast



def _get_kwargs(
    source: str,
    *,
    body: TotalsBody,

) -> dict[str, Any]:
    headers: dict[str, Any] = {}


    

    

    _kwargs: dict[str, Any] = {
        "method": "put",
        "url": "/v1/imported-totals/{source}".format(source=quote(str(source), safe=""),),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Problem | TotalsTaken | None:
    if response.status_code == 200:
        response_200 = TotalsTaken.from_dict(response.json())



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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Problem | TotalsTaken]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    source: str,
    *,
    client: AuthenticatedClient,
    body: TotalsBody,

) -> Response[Problem | TotalsTaken]:
    """ Puts what another tool has counted in the place of what it had counted before

     Answers show it in `meta.imported`, and add it to nothing.

    Args:
        source (str):
        body (TotalsBody): What a source has counted: all of it, each time.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | TotalsTaken]
     """


    kwargs = _get_kwargs(
        source=source,
body=body,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    source: str,
    *,
    client: AuthenticatedClient,
    body: TotalsBody,

) -> Problem | TotalsTaken | None:
    """ Puts what another tool has counted in the place of what it had counted before

     Answers show it in `meta.imported`, and add it to nothing.

    Args:
        source (str):
        body (TotalsBody): What a source has counted: all of it, each time.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | TotalsTaken
     """


    return sync_detailed(
        source=source,
client=client,
body=body,

    ).parsed

async def asyncio_detailed(
    source: str,
    *,
    client: AuthenticatedClient,
    body: TotalsBody,

) -> Response[Problem | TotalsTaken]:
    """ Puts what another tool has counted in the place of what it had counted before

     Answers show it in `meta.imported`, and add it to nothing.

    Args:
        source (str):
        body (TotalsBody): What a source has counted: all of it, each time.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | TotalsTaken]
     """


    kwargs = _get_kwargs(
        source=source,
body=body,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    source: str,
    *,
    client: AuthenticatedClient,
    body: TotalsBody,

) -> Problem | TotalsTaken | None:
    """ Puts what another tool has counted in the place of what it had counted before

     Answers show it in `meta.imported`, and add it to nothing.

    Args:
        source (str):
        body (TotalsBody): What a source has counted: all of it, each time.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | TotalsTaken
     """


    return (await asyncio_detailed(
        source=source,
client=client,
body=body,

    )).parsed
