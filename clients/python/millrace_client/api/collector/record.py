from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.event import Event
from ...models.problem import Problem
from ...models.recorded_events import RecordedEvents
from typing import cast



def _get_kwargs(
    *,
    body: list[Event],

) -> dict[str, Any]:
    headers: dict[str, Any] = {}


    

    

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/events",
    }

    _kwargs["json"] = []
    for body_item_data in body:
        body_item = body_item_data.to_dict()
        _kwargs["json"].append(body_item)



    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Problem | RecordedEvents | None:
    if response.status_code == 200:
        response_200 = RecordedEvents.from_dict(response.json())



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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Problem | RecordedEvents]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: list[Event],

) -> Response[Problem | RecordedEvents]:
    """ Records events of a server, or replays

     A JSON array, or one JSON object a line; gzip or zstd by `Content-Encoding`; at most 10,000
    events and 10 MiB. An event that is refused does not hold up the others; one with a field that does
    not
    exist is refused. What names something may be a text or a number.

    Args:
        body (list[Event]):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | RecordedEvents]
     """


    kwargs = _get_kwargs(
        body=body,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    *,
    client: AuthenticatedClient,
    body: list[Event],

) -> Problem | RecordedEvents | None:
    """ Records events of a server, or replays

     A JSON array, or one JSON object a line; gzip or zstd by `Content-Encoding`; at most 10,000
    events and 10 MiB. An event that is refused does not hold up the others; one with a field that does
    not
    exist is refused. What names something may be a text or a number.

    Args:
        body (list[Event]):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | RecordedEvents
     """


    return sync_detailed(
        client=client,
body=body,

    ).parsed

async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: list[Event],

) -> Response[Problem | RecordedEvents]:
    """ Records events of a server, or replays

     A JSON array, or one JSON object a line; gzip or zstd by `Content-Encoding`; at most 10,000
    events and 10 MiB. An event that is refused does not hold up the others; one with a field that does
    not
    exist is refused. What names something may be a text or a number.

    Args:
        body (list[Event]):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | RecordedEvents]
     """


    kwargs = _get_kwargs(
        body=body,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    *,
    client: AuthenticatedClient,
    body: list[Event],

) -> Problem | RecordedEvents | None:
    """ Records events of a server, or replays

     A JSON array, or one JSON object a line; gzip or zstd by `Content-Encoding`; at most 10,000
    events and 10 MiB. An event that is refused does not hold up the others; one with a field that does
    not
    exist is refused. What names something may be a text or a number.

    Args:
        body (list[Event]):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | RecordedEvents
     """


    return (await asyncio_detailed(
        client=client,
body=body,

    )).parsed
