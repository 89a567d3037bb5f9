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
    slug: str,

) -> dict[str, Any]:
    

    

    

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/{slug}".format(slug=quote(str(slug), safe=""),),
    }


    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Any | Problem | str | None:
    if response.status_code == 302:
        response_302 = cast(Any, None)
        return response_302

    if response.status_code == 404:
        response_404 = response.text
        return response_404

    if response.status_code == 429:
        response_429 = Problem.from_dict(response.json())



        return response_429

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Any | Problem | str]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    slug: str,
    *,
    client: AuthenticatedClient | Client,

) -> Response[Any | Problem | str]:
    """ Leads a visitor on, and counts a click

     The browser is answered when the click is on disk: `Millrace-Event-Id` is its acknowledgement.
    Without this header the click was not recorded when it was answered: after half a second nobody
    waits for
    the disk, and a click that is written then counts after all. A HEAD request counts nothing. A slash
    at the
    end, and escaped characters that need no escape, make no difference. An address or headers beyond 32
    KiB
    are refused with 414 or 431 without a body, since they were not read to their end.

    Args:
        slug (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | Problem | str]
     """


    kwargs = _get_kwargs(
        slug=slug,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    slug: str,
    *,
    client: AuthenticatedClient | Client,

) -> Any | Problem | str | None:
    """ Leads a visitor on, and counts a click

     The browser is answered when the click is on disk: `Millrace-Event-Id` is its acknowledgement.
    Without this header the click was not recorded when it was answered: after half a second nobody
    waits for
    the disk, and a click that is written then counts after all. A HEAD request counts nothing. A slash
    at the
    end, and escaped characters that need no escape, make no difference. An address or headers beyond 32
    KiB
    are refused with 414 or 431 without a body, since they were not read to their end.

    Args:
        slug (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | Problem | str
     """


    return sync_detailed(
        slug=slug,
client=client,

    ).parsed

async def asyncio_detailed(
    slug: str,
    *,
    client: AuthenticatedClient | Client,

) -> Response[Any | Problem | str]:
    """ Leads a visitor on, and counts a click

     The browser is answered when the click is on disk: `Millrace-Event-Id` is its acknowledgement.
    Without this header the click was not recorded when it was answered: after half a second nobody
    waits for
    the disk, and a click that is written then counts after all. A HEAD request counts nothing. A slash
    at the
    end, and escaped characters that need no escape, make no difference. An address or headers beyond 32
    KiB
    are refused with 414 or 431 without a body, since they were not read to their end.

    Args:
        slug (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | Problem | str]
     """


    kwargs = _get_kwargs(
        slug=slug,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    slug: str,
    *,
    client: AuthenticatedClient | Client,

) -> Any | Problem | str | None:
    """ Leads a visitor on, and counts a click

     The browser is answered when the click is on disk: `Millrace-Event-Id` is its acknowledgement.
    Without this header the click was not recorded when it was answered: after half a second nobody
    waits for
    the disk, and a click that is written then counts after all. A HEAD request counts nothing. A slash
    at the
    end, and escaped characters that need no escape, make no difference. An address or headers beyond 32
    KiB
    are refused with 414 or 431 without a body, since they were not read to their end.

    Args:
        slug (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | Problem | str
     """


    return (await asyncio_detailed(
        slug=slug,
client=client,

    )).parsed
