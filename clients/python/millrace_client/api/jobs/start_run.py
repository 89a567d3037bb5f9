from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.problem import Problem
from ...models.started_run import StartedRun
from ...types import UNSET, Unset
from typing import cast



def _get_kwargs(
    name: str,
    *,
    close_epochs: bool | Unset = UNSET,
    wait: bool | Unset = UNSET,

) -> dict[str, Any]:
    

    

    params: dict[str, Any] = {}

    params["close_epochs"] = close_epochs

    params["wait"] = wait


    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}


    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/jobs/{name}/runs".format(name=quote(str(name), safe=""),),
        "params": params,
    }


    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Problem | StartedRun | None:
    if response.status_code == 200:
        response_200 = StartedRun.from_dict(response.json())



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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Problem | StartedRun]:
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
    close_epochs: bool | Unset = UNSET,
    wait: bool | Unset = UNSET,

) -> Response[Problem | StartedRun]:
    """ Asks for a run

    Args:
        name (str):
        close_epochs (bool | Unset):
        wait (bool | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | StartedRun]
     """


    kwargs = _get_kwargs(
        name=name,
close_epochs=close_epochs,
wait=wait,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    name: str,
    *,
    client: AuthenticatedClient,
    close_epochs: bool | Unset = UNSET,
    wait: bool | Unset = UNSET,

) -> Problem | StartedRun | None:
    """ Asks for a run

    Args:
        name (str):
        close_epochs (bool | Unset):
        wait (bool | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | StartedRun
     """


    return sync_detailed(
        name=name,
client=client,
close_epochs=close_epochs,
wait=wait,

    ).parsed

async def asyncio_detailed(
    name: str,
    *,
    client: AuthenticatedClient,
    close_epochs: bool | Unset = UNSET,
    wait: bool | Unset = UNSET,

) -> Response[Problem | StartedRun]:
    """ Asks for a run

    Args:
        name (str):
        close_epochs (bool | Unset):
        wait (bool | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | StartedRun]
     """


    kwargs = _get_kwargs(
        name=name,
close_epochs=close_epochs,
wait=wait,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    name: str,
    *,
    client: AuthenticatedClient,
    close_epochs: bool | Unset = UNSET,
    wait: bool | Unset = UNSET,

) -> Problem | StartedRun | None:
    """ Asks for a run

    Args:
        name (str):
        close_epochs (bool | Unset):
        wait (bool | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | StartedRun
     """


    return (await asyncio_detailed(
        name=name,
client=client,
close_epochs=close_epochs,
wait=wait,

    )).parsed
