from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.conversion import Conversion
from ...models.conversion_form import ConversionForm
from ...models.problem import Problem
from typing import cast



def _get_kwargs(
    goal: str,
    *,
    body:    ConversionForm  |     ConversionForm  |     ConversionForm  | Unset = UNSET,

) -> dict[str, Any]:
    headers: dict[str, Any] = {}


    

    

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/c/{goal}".format(goal=quote(str(goal), safe=""),),
    }

    if isinstance(body, ConversionForm):
        _kwargs["json"] = body.to_dict()

        headers["Content-Type"] = "application/json"
    if isinstance(body, ConversionForm):
        _kwargs["data"] = body.to_dict()
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    if isinstance(body, ConversionForm):
        _kwargs["files"] = body.to_multipart()

        headers["Content-Type"] = "multipart/form-data; boundary=+++"

    _kwargs["headers"] = headers
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
    body:    ConversionForm  |     ConversionForm  |     ConversionForm  | Unset = UNSET,

) -> Response[Conversion | Problem]:
    """ Tells of a conversion, by a form

     Parameters stand in the address, in a form, in parts of one or in a JSON object, in any mixture;
    those of the
    address go first. Other trackers' names are understood: `clickid`, `cid`, `subid`; `txid`, `tid`,
    `order_id`;
    `payout`, `revenue`, `amount`.

    Args:
        goal (str):
        body (ConversionForm): The parameters of a conversion.
        body (ConversionForm): The parameters of a conversion.
        body (ConversionForm): The parameters of a conversion.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Conversion | Problem]
     """


    kwargs = _get_kwargs(
        goal=goal,
body=body,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    goal: str,
    *,
    client: AuthenticatedClient | Client,
    body:    ConversionForm  |     ConversionForm  |     ConversionForm  | Unset = UNSET,

) -> Conversion | Problem | None:
    """ Tells of a conversion, by a form

     Parameters stand in the address, in a form, in parts of one or in a JSON object, in any mixture;
    those of the
    address go first. Other trackers' names are understood: `clickid`, `cid`, `subid`; `txid`, `tid`,
    `order_id`;
    `payout`, `revenue`, `amount`.

    Args:
        goal (str):
        body (ConversionForm): The parameters of a conversion.
        body (ConversionForm): The parameters of a conversion.
        body (ConversionForm): The parameters of a conversion.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Conversion | Problem
     """


    return sync_detailed(
        goal=goal,
client=client,
body=body,

    ).parsed

async def asyncio_detailed(
    goal: str,
    *,
    client: AuthenticatedClient | Client,
    body:    ConversionForm  |     ConversionForm  |     ConversionForm  | Unset = UNSET,

) -> Response[Conversion | Problem]:
    """ Tells of a conversion, by a form

     Parameters stand in the address, in a form, in parts of one or in a JSON object, in any mixture;
    those of the
    address go first. Other trackers' names are understood: `clickid`, `cid`, `subid`; `txid`, `tid`,
    `order_id`;
    `payout`, `revenue`, `amount`.

    Args:
        goal (str):
        body (ConversionForm): The parameters of a conversion.
        body (ConversionForm): The parameters of a conversion.
        body (ConversionForm): The parameters of a conversion.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Conversion | Problem]
     """


    kwargs = _get_kwargs(
        goal=goal,
body=body,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    goal: str,
    *,
    client: AuthenticatedClient | Client,
    body:    ConversionForm  |     ConversionForm  |     ConversionForm  | Unset = UNSET,

) -> Conversion | Problem | None:
    """ Tells of a conversion, by a form

     Parameters stand in the address, in a form, in parts of one or in a JSON object, in any mixture;
    those of the
    address go first. Other trackers' names are understood: `clickid`, `cid`, `subid`; `txid`, `tid`,
    `order_id`;
    `payout`, `revenue`, `amount`.

    Args:
        goal (str):
        body (ConversionForm): The parameters of a conversion.
        body (ConversionForm): The parameters of a conversion.
        body (ConversionForm): The parameters of a conversion.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Conversion | Problem
     """


    return (await asyncio_detailed(
        goal=goal,
client=client,
body=body,

    )).parsed
