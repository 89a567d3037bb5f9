from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.problem import Problem
from typing import cast



def _get_kwargs(
    pixel: str,

) -> dict[str, Any]:
    

    

    

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/p/{pixel}.gif".format(pixel=quote(str(pixel), safe=""),),
    }


    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Any | Problem | None:
    if response.status_code == 204:
        response_204 = cast(Any, None)
        return response_204

    if response.status_code == 404:
        response_404 = Problem.from_dict(response.json())



        return response_404

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Any | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    pixel: str,
    *,
    client: AuthenticatedClient | Client,

) -> Response[Any | Problem]:
    """ The same of a script, by beacon

     Parameters: `ref`, the page's referrer; `utm_source` and the like; `sub1` to `sub5`.

    Args:
        pixel (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | Problem]
     """


    kwargs = _get_kwargs(
        pixel=pixel,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    pixel: str,
    *,
    client: AuthenticatedClient | Client,

) -> Any | Problem | None:
    """ The same of a script, by beacon

     Parameters: `ref`, the page's referrer; `utm_source` and the like; `sub1` to `sub5`.

    Args:
        pixel (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | Problem
     """


    return sync_detailed(
        pixel=pixel,
client=client,

    ).parsed

async def asyncio_detailed(
    pixel: str,
    *,
    client: AuthenticatedClient | Client,

) -> Response[Any | Problem]:
    """ The same of a script, by beacon

     Parameters: `ref`, the page's referrer; `utm_source` and the like; `sub1` to `sub5`.

    Args:
        pixel (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | Problem]
     """


    kwargs = _get_kwargs(
        pixel=pixel,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    pixel: str,
    *,
    client: AuthenticatedClient | Client,

) -> Any | Problem | None:
    """ The same of a script, by beacon

     Parameters: `ref`, the page's referrer; `utm_source` and the like; `sub1` to `sub5`.

    Args:
        pixel (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | Problem
     """


    return (await asyncio_detailed(
        pixel=pixel,
client=client,

    )).parsed
