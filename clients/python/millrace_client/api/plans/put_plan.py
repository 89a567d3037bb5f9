from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.plan import Plan
from ...models.problem import Problem
from ...models.quotas_body import QuotasBody
from typing import cast



def _get_kwargs(
    name: str,
    *,
    body: QuotasBody,

) -> dict[str, Any]:
    headers: dict[str, Any] = {}


    

    

    _kwargs: dict[str, Any] = {
        "method": "put",
        "url": "/v1/plans/{name}".format(name=quote(str(name), safe=""),),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Plan | Problem | None:
    if response.status_code == 200:
        response_200 = Plan.from_dict(response.json())



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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Plan | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    name: str,
    *,
    client: AuthenticatedClient,
    body: QuotasBody,

) -> Response[Plan | Problem]:
    """ Makes a plan, or puts another one in its place

     What the body does not name is as in the plan `default`, or usual where that does not name it. So
    `default` is what accounts have of which nothing else
    is said. What an account has by its plan changes with it, everywhere within seconds. Where events
    may be kept for less long than before, they go with
    the next rollup, for good.

    Args:
        name (str):
        body (QuotasBody): What is said of quotas, of an account or in a plan; null: nothing.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Plan | Problem]
     """


    kwargs = _get_kwargs(
        name=name,
body=body,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    name: str,
    *,
    client: AuthenticatedClient,
    body: QuotasBody,

) -> Plan | Problem | None:
    """ Makes a plan, or puts another one in its place

     What the body does not name is as in the plan `default`, or usual where that does not name it. So
    `default` is what accounts have of which nothing else
    is said. What an account has by its plan changes with it, everywhere within seconds. Where events
    may be kept for less long than before, they go with
    the next rollup, for good.

    Args:
        name (str):
        body (QuotasBody): What is said of quotas, of an account or in a plan; null: nothing.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Plan | Problem
     """


    return sync_detailed(
        name=name,
client=client,
body=body,

    ).parsed

async def asyncio_detailed(
    name: str,
    *,
    client: AuthenticatedClient,
    body: QuotasBody,

) -> Response[Plan | Problem]:
    """ Makes a plan, or puts another one in its place

     What the body does not name is as in the plan `default`, or usual where that does not name it. So
    `default` is what accounts have of which nothing else
    is said. What an account has by its plan changes with it, everywhere within seconds. Where events
    may be kept for less long than before, they go with
    the next rollup, for good.

    Args:
        name (str):
        body (QuotasBody): What is said of quotas, of an account or in a plan; null: nothing.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Plan | Problem]
     """


    kwargs = _get_kwargs(
        name=name,
body=body,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    name: str,
    *,
    client: AuthenticatedClient,
    body: QuotasBody,

) -> Plan | Problem | None:
    """ Makes a plan, or puts another one in its place

     What the body does not name is as in the plan `default`, or usual where that does not name it. So
    `default` is what accounts have of which nothing else
    is said. What an account has by its plan changes with it, everywhere within seconds. Where events
    may be kept for less long than before, they go with
    the next rollup, for good.

    Args:
        name (str):
        body (QuotasBody): What is said of quotas, of an account or in a plan; null: nothing.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Plan | Problem
     """


    return (await asyncio_detailed(
        name=name,
client=client,
body=body,

    )).parsed
