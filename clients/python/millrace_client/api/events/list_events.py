from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.events_page import EventsPage
from ...models.problem import Problem
from ...types import UNSET, Unset
from typing import cast



def _get_kwargs(
    *,
    start: str | Unset = UNSET,
    end: str | Unset = UNSET,
    range_query: str | Unset = '7d',
    timezone: str | Unset = UNSET,
    exclude_bots: bool | Unset = False,
    limit: int | Unset = 100,
    cursor: str | Unset = UNSET,
    as_of: str | Unset = UNSET,
    link: str | Unset = UNSET,
    pixel: str | Unset = UNSET,
    goal: str | Unset = UNSET,
    campaign: str | Unset = UNSET,
    segment: str | Unset = UNSET,
    country: str | Unset = UNSET,
    browser: str | Unset = UNSET,
    os: str | Unset = UNSET,
    device_model: str | Unset = UNSET,
    referrer: str | Unset = UNSET,
    language: str | Unset = UNSET,
    channel: str | Unset = UNSET,
    region: str | Unset = UNSET,
    device: str | Unset = UNSET,
    utm_source: str | Unset = UNSET,
    utm_campaign: str | Unset = UNSET,
    variant: str | Unset = UNSET,
    trigger: str | Unset = UNSET,
    rule: str | Unset = UNSET,
    domain: str | Unset = UNSET,
    referrer_domain: str | Unset = UNSET,
    city: str | Unset = UNSET,
    continent: str | Unset = UNSET,
    currency: str | Unset = UNSET,
    utm_medium: str | Unset = UNSET,
    utm_term: str | Unset = UNSET,
    utm_content: str | Unset = UNSET,
    sub1: str | Unset = UNSET,
    sub2: str | Unset = UNSET,
    sub3: str | Unset = UNSET,
    sub4: str | Unset = UNSET,
    sub5: str | Unset = UNSET,
    bot: str | Unset = UNSET,
    asn: str | Unset = UNSET,
    status: str | Unset = UNSET,
    hour_of_day: str | Unset = UNSET,
    day_of_week: str | Unset = UNSET,
    tag: str | Unset = UNSET,
    range_header: None | str | Unset = UNSET,
    if_range: None | str | Unset = UNSET,
    if_none_match: str | Unset = UNSET,

) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(range_header, Unset):
        headers["Range"] = range_header

    if not isinstance(if_range, Unset):
        headers["If-Range"] = if_range

    if not isinstance(if_none_match, Unset):
        headers["If-None-Match"] = if_none_match



    

    params: dict[str, Any] = {}

    params["start"] = start

    params["end"] = end

    params["range"] = range_query

    params["timezone"] = timezone

    params["exclude_bots"] = exclude_bots

    params["limit"] = limit

    params["cursor"] = cursor

    params["as_of"] = as_of

    params["link"] = link

    params["pixel"] = pixel

    params["goal"] = goal

    params["campaign"] = campaign

    params["segment"] = segment

    params["country"] = country

    params["browser"] = browser

    params["os"] = os

    params["device_model"] = device_model

    params["referrer"] = referrer

    params["language"] = language

    params["channel"] = channel

    params["region"] = region

    params["device"] = device

    params["utm_source"] = utm_source

    params["utm_campaign"] = utm_campaign

    params["variant"] = variant

    params["trigger"] = trigger

    params["rule"] = rule

    params["domain"] = domain

    params["referrer_domain"] = referrer_domain

    params["city"] = city

    params["continent"] = continent

    params["currency"] = currency

    params["utm_medium"] = utm_medium

    params["utm_term"] = utm_term

    params["utm_content"] = utm_content

    params["sub1"] = sub1

    params["sub2"] = sub2

    params["sub3"] = sub3

    params["sub4"] = sub4

    params["sub5"] = sub5

    params["bot"] = bot

    params["asn"] = asn

    params["status"] = status

    params["hour_of_day"] = hour_of_day

    params["day_of_week"] = day_of_week

    params["tag"] = tag


    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}


    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/events",
        "params": params,
    }


    _kwargs["headers"] = headers
    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Any | EventsPage | Problem | None:
    if response.status_code == 200:
        response_200 = EventsPage.from_dict(response.json())



        return response_200

    if response.status_code == 304:
        response_304 = cast(Any, None)
        return response_304

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

    if response.status_code == 410:
        response_410 = Problem.from_dict(response.json())



        return response_410

    if response.status_code == 416:
        response_416 = Problem.from_dict(response.json())



        return response_416

    if response.status_code == 422:
        response_422 = Problem.from_dict(response.json())



        return response_422

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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Any | EventsPage | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    start: str | Unset = UNSET,
    end: str | Unset = UNSET,
    range_query: str | Unset = '7d',
    timezone: str | Unset = UNSET,
    exclude_bots: bool | Unset = False,
    limit: int | Unset = 100,
    cursor: str | Unset = UNSET,
    as_of: str | Unset = UNSET,
    link: str | Unset = UNSET,
    pixel: str | Unset = UNSET,
    goal: str | Unset = UNSET,
    campaign: str | Unset = UNSET,
    segment: str | Unset = UNSET,
    country: str | Unset = UNSET,
    browser: str | Unset = UNSET,
    os: str | Unset = UNSET,
    device_model: str | Unset = UNSET,
    referrer: str | Unset = UNSET,
    language: str | Unset = UNSET,
    channel: str | Unset = UNSET,
    region: str | Unset = UNSET,
    device: str | Unset = UNSET,
    utm_source: str | Unset = UNSET,
    utm_campaign: str | Unset = UNSET,
    variant: str | Unset = UNSET,
    trigger: str | Unset = UNSET,
    rule: str | Unset = UNSET,
    domain: str | Unset = UNSET,
    referrer_domain: str | Unset = UNSET,
    city: str | Unset = UNSET,
    continent: str | Unset = UNSET,
    currency: str | Unset = UNSET,
    utm_medium: str | Unset = UNSET,
    utm_term: str | Unset = UNSET,
    utm_content: str | Unset = UNSET,
    sub1: str | Unset = UNSET,
    sub2: str | Unset = UNSET,
    sub3: str | Unset = UNSET,
    sub4: str | Unset = UNSET,
    sub5: str | Unset = UNSET,
    bot: str | Unset = UNSET,
    asn: str | Unset = UNSET,
    status: str | Unset = UNSET,
    hour_of_day: str | Unset = UNSET,
    day_of_week: str | Unset = UNSET,
    tag: str | Unset = UNSET,
    range_header: None | str | Unset = UNSET,
    if_range: None | str | Unset = UNSET,
    if_none_match: str | Unset = UNSET,

) -> Response[Any | EventsPage | Problem]:
    """ Events, newest first

     A page of JSON, with `next_cursor` for the page after it. With `Accept: application/x-ndjson`,
    `text/csv` or
    `application/vnd.apache.parquet` all of them in one file, oldest first, written while they are read.
    What was cut off can be
    gone on with: `Range` with the file's `ETag` as `If-Range`, or with the file's moment (`Millrace-As-
    Of`) as `as_of`.

    Args:
        start (str | Unset):
        end (str | Unset):
        range_query (str | Unset):  Default: '7d'.
        timezone (str | Unset):
        exclude_bots (bool | Unset):  Default: False.
        limit (int | Unset):  Default: 100.
        cursor (str | Unset):
        as_of (str | Unset):
        link (str | Unset):
        pixel (str | Unset):
        goal (str | Unset):
        campaign (str | Unset):
        segment (str | Unset):
        country (str | Unset):
        browser (str | Unset):
        os (str | Unset):
        device_model (str | Unset):
        referrer (str | Unset):
        language (str | Unset):
        channel (str | Unset):
        region (str | Unset):
        device (str | Unset):
        utm_source (str | Unset):
        utm_campaign (str | Unset):
        variant (str | Unset):
        trigger (str | Unset):
        rule (str | Unset):
        domain (str | Unset):
        referrer_domain (str | Unset):
        city (str | Unset):
        continent (str | Unset):
        currency (str | Unset):
        utm_medium (str | Unset):
        utm_term (str | Unset):
        utm_content (str | Unset):
        sub1 (str | Unset):
        sub2 (str | Unset):
        sub3 (str | Unset):
        sub4 (str | Unset):
        sub5 (str | Unset):
        bot (str | Unset):
        asn (str | Unset):
        status (str | Unset):
        hour_of_day (str | Unset):
        day_of_week (str | Unset):
        tag (str | Unset):
        range_header (None | str | Unset):
        if_range (None | str | Unset):
        if_none_match (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | EventsPage | Problem]
     """


    kwargs = _get_kwargs(
        start=start,
end=end,
range_query=range_query,
timezone=timezone,
exclude_bots=exclude_bots,
limit=limit,
cursor=cursor,
as_of=as_of,
link=link,
pixel=pixel,
goal=goal,
campaign=campaign,
segment=segment,
country=country,
browser=browser,
os=os,
device_model=device_model,
referrer=referrer,
language=language,
channel=channel,
region=region,
device=device,
utm_source=utm_source,
utm_campaign=utm_campaign,
variant=variant,
trigger=trigger,
rule=rule,
domain=domain,
referrer_domain=referrer_domain,
city=city,
continent=continent,
currency=currency,
utm_medium=utm_medium,
utm_term=utm_term,
utm_content=utm_content,
sub1=sub1,
sub2=sub2,
sub3=sub3,
sub4=sub4,
sub5=sub5,
bot=bot,
asn=asn,
status=status,
hour_of_day=hour_of_day,
day_of_week=day_of_week,
tag=tag,
range_header=range_header,
if_range=if_range,
if_none_match=if_none_match,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    *,
    client: AuthenticatedClient,
    start: str | Unset = UNSET,
    end: str | Unset = UNSET,
    range_query: str | Unset = '7d',
    timezone: str | Unset = UNSET,
    exclude_bots: bool | Unset = False,
    limit: int | Unset = 100,
    cursor: str | Unset = UNSET,
    as_of: str | Unset = UNSET,
    link: str | Unset = UNSET,
    pixel: str | Unset = UNSET,
    goal: str | Unset = UNSET,
    campaign: str | Unset = UNSET,
    segment: str | Unset = UNSET,
    country: str | Unset = UNSET,
    browser: str | Unset = UNSET,
    os: str | Unset = UNSET,
    device_model: str | Unset = UNSET,
    referrer: str | Unset = UNSET,
    language: str | Unset = UNSET,
    channel: str | Unset = UNSET,
    region: str | Unset = UNSET,
    device: str | Unset = UNSET,
    utm_source: str | Unset = UNSET,
    utm_campaign: str | Unset = UNSET,
    variant: str | Unset = UNSET,
    trigger: str | Unset = UNSET,
    rule: str | Unset = UNSET,
    domain: str | Unset = UNSET,
    referrer_domain: str | Unset = UNSET,
    city: str | Unset = UNSET,
    continent: str | Unset = UNSET,
    currency: str | Unset = UNSET,
    utm_medium: str | Unset = UNSET,
    utm_term: str | Unset = UNSET,
    utm_content: str | Unset = UNSET,
    sub1: str | Unset = UNSET,
    sub2: str | Unset = UNSET,
    sub3: str | Unset = UNSET,
    sub4: str | Unset = UNSET,
    sub5: str | Unset = UNSET,
    bot: str | Unset = UNSET,
    asn: str | Unset = UNSET,
    status: str | Unset = UNSET,
    hour_of_day: str | Unset = UNSET,
    day_of_week: str | Unset = UNSET,
    tag: str | Unset = UNSET,
    range_header: None | str | Unset = UNSET,
    if_range: None | str | Unset = UNSET,
    if_none_match: str | Unset = UNSET,

) -> Any | EventsPage | Problem | None:
    """ Events, newest first

     A page of JSON, with `next_cursor` for the page after it. With `Accept: application/x-ndjson`,
    `text/csv` or
    `application/vnd.apache.parquet` all of them in one file, oldest first, written while they are read.
    What was cut off can be
    gone on with: `Range` with the file's `ETag` as `If-Range`, or with the file's moment (`Millrace-As-
    Of`) as `as_of`.

    Args:
        start (str | Unset):
        end (str | Unset):
        range_query (str | Unset):  Default: '7d'.
        timezone (str | Unset):
        exclude_bots (bool | Unset):  Default: False.
        limit (int | Unset):  Default: 100.
        cursor (str | Unset):
        as_of (str | Unset):
        link (str | Unset):
        pixel (str | Unset):
        goal (str | Unset):
        campaign (str | Unset):
        segment (str | Unset):
        country (str | Unset):
        browser (str | Unset):
        os (str | Unset):
        device_model (str | Unset):
        referrer (str | Unset):
        language (str | Unset):
        channel (str | Unset):
        region (str | Unset):
        device (str | Unset):
        utm_source (str | Unset):
        utm_campaign (str | Unset):
        variant (str | Unset):
        trigger (str | Unset):
        rule (str | Unset):
        domain (str | Unset):
        referrer_domain (str | Unset):
        city (str | Unset):
        continent (str | Unset):
        currency (str | Unset):
        utm_medium (str | Unset):
        utm_term (str | Unset):
        utm_content (str | Unset):
        sub1 (str | Unset):
        sub2 (str | Unset):
        sub3 (str | Unset):
        sub4 (str | Unset):
        sub5 (str | Unset):
        bot (str | Unset):
        asn (str | Unset):
        status (str | Unset):
        hour_of_day (str | Unset):
        day_of_week (str | Unset):
        tag (str | Unset):
        range_header (None | str | Unset):
        if_range (None | str | Unset):
        if_none_match (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | EventsPage | Problem
     """


    return sync_detailed(
        client=client,
start=start,
end=end,
range_query=range_query,
timezone=timezone,
exclude_bots=exclude_bots,
limit=limit,
cursor=cursor,
as_of=as_of,
link=link,
pixel=pixel,
goal=goal,
campaign=campaign,
segment=segment,
country=country,
browser=browser,
os=os,
device_model=device_model,
referrer=referrer,
language=language,
channel=channel,
region=region,
device=device,
utm_source=utm_source,
utm_campaign=utm_campaign,
variant=variant,
trigger=trigger,
rule=rule,
domain=domain,
referrer_domain=referrer_domain,
city=city,
continent=continent,
currency=currency,
utm_medium=utm_medium,
utm_term=utm_term,
utm_content=utm_content,
sub1=sub1,
sub2=sub2,
sub3=sub3,
sub4=sub4,
sub5=sub5,
bot=bot,
asn=asn,
status=status,
hour_of_day=hour_of_day,
day_of_week=day_of_week,
tag=tag,
range_header=range_header,
if_range=if_range,
if_none_match=if_none_match,

    ).parsed

async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    start: str | Unset = UNSET,
    end: str | Unset = UNSET,
    range_query: str | Unset = '7d',
    timezone: str | Unset = UNSET,
    exclude_bots: bool | Unset = False,
    limit: int | Unset = 100,
    cursor: str | Unset = UNSET,
    as_of: str | Unset = UNSET,
    link: str | Unset = UNSET,
    pixel: str | Unset = UNSET,
    goal: str | Unset = UNSET,
    campaign: str | Unset = UNSET,
    segment: str | Unset = UNSET,
    country: str | Unset = UNSET,
    browser: str | Unset = UNSET,
    os: str | Unset = UNSET,
    device_model: str | Unset = UNSET,
    referrer: str | Unset = UNSET,
    language: str | Unset = UNSET,
    channel: str | Unset = UNSET,
    region: str | Unset = UNSET,
    device: str | Unset = UNSET,
    utm_source: str | Unset = UNSET,
    utm_campaign: str | Unset = UNSET,
    variant: str | Unset = UNSET,
    trigger: str | Unset = UNSET,
    rule: str | Unset = UNSET,
    domain: str | Unset = UNSET,
    referrer_domain: str | Unset = UNSET,
    city: str | Unset = UNSET,
    continent: str | Unset = UNSET,
    currency: str | Unset = UNSET,
    utm_medium: str | Unset = UNSET,
    utm_term: str | Unset = UNSET,
    utm_content: str | Unset = UNSET,
    sub1: str | Unset = UNSET,
    sub2: str | Unset = UNSET,
    sub3: str | Unset = UNSET,
    sub4: str | Unset = UNSET,
    sub5: str | Unset = UNSET,
    bot: str | Unset = UNSET,
    asn: str | Unset = UNSET,
    status: str | Unset = UNSET,
    hour_of_day: str | Unset = UNSET,
    day_of_week: str | Unset = UNSET,
    tag: str | Unset = UNSET,
    range_header: None | str | Unset = UNSET,
    if_range: None | str | Unset = UNSET,
    if_none_match: str | Unset = UNSET,

) -> Response[Any | EventsPage | Problem]:
    """ Events, newest first

     A page of JSON, with `next_cursor` for the page after it. With `Accept: application/x-ndjson`,
    `text/csv` or
    `application/vnd.apache.parquet` all of them in one file, oldest first, written while they are read.
    What was cut off can be
    gone on with: `Range` with the file's `ETag` as `If-Range`, or with the file's moment (`Millrace-As-
    Of`) as `as_of`.

    Args:
        start (str | Unset):
        end (str | Unset):
        range_query (str | Unset):  Default: '7d'.
        timezone (str | Unset):
        exclude_bots (bool | Unset):  Default: False.
        limit (int | Unset):  Default: 100.
        cursor (str | Unset):
        as_of (str | Unset):
        link (str | Unset):
        pixel (str | Unset):
        goal (str | Unset):
        campaign (str | Unset):
        segment (str | Unset):
        country (str | Unset):
        browser (str | Unset):
        os (str | Unset):
        device_model (str | Unset):
        referrer (str | Unset):
        language (str | Unset):
        channel (str | Unset):
        region (str | Unset):
        device (str | Unset):
        utm_source (str | Unset):
        utm_campaign (str | Unset):
        variant (str | Unset):
        trigger (str | Unset):
        rule (str | Unset):
        domain (str | Unset):
        referrer_domain (str | Unset):
        city (str | Unset):
        continent (str | Unset):
        currency (str | Unset):
        utm_medium (str | Unset):
        utm_term (str | Unset):
        utm_content (str | Unset):
        sub1 (str | Unset):
        sub2 (str | Unset):
        sub3 (str | Unset):
        sub4 (str | Unset):
        sub5 (str | Unset):
        bot (str | Unset):
        asn (str | Unset):
        status (str | Unset):
        hour_of_day (str | Unset):
        day_of_week (str | Unset):
        tag (str | Unset):
        range_header (None | str | Unset):
        if_range (None | str | Unset):
        if_none_match (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | EventsPage | Problem]
     """


    kwargs = _get_kwargs(
        start=start,
end=end,
range_query=range_query,
timezone=timezone,
exclude_bots=exclude_bots,
limit=limit,
cursor=cursor,
as_of=as_of,
link=link,
pixel=pixel,
goal=goal,
campaign=campaign,
segment=segment,
country=country,
browser=browser,
os=os,
device_model=device_model,
referrer=referrer,
language=language,
channel=channel,
region=region,
device=device,
utm_source=utm_source,
utm_campaign=utm_campaign,
variant=variant,
trigger=trigger,
rule=rule,
domain=domain,
referrer_domain=referrer_domain,
city=city,
continent=continent,
currency=currency,
utm_medium=utm_medium,
utm_term=utm_term,
utm_content=utm_content,
sub1=sub1,
sub2=sub2,
sub3=sub3,
sub4=sub4,
sub5=sub5,
bot=bot,
asn=asn,
status=status,
hour_of_day=hour_of_day,
day_of_week=day_of_week,
tag=tag,
range_header=range_header,
if_range=if_range,
if_none_match=if_none_match,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    *,
    client: AuthenticatedClient,
    start: str | Unset = UNSET,
    end: str | Unset = UNSET,
    range_query: str | Unset = '7d',
    timezone: str | Unset = UNSET,
    exclude_bots: bool | Unset = False,
    limit: int | Unset = 100,
    cursor: str | Unset = UNSET,
    as_of: str | Unset = UNSET,
    link: str | Unset = UNSET,
    pixel: str | Unset = UNSET,
    goal: str | Unset = UNSET,
    campaign: str | Unset = UNSET,
    segment: str | Unset = UNSET,
    country: str | Unset = UNSET,
    browser: str | Unset = UNSET,
    os: str | Unset = UNSET,
    device_model: str | Unset = UNSET,
    referrer: str | Unset = UNSET,
    language: str | Unset = UNSET,
    channel: str | Unset = UNSET,
    region: str | Unset = UNSET,
    device: str | Unset = UNSET,
    utm_source: str | Unset = UNSET,
    utm_campaign: str | Unset = UNSET,
    variant: str | Unset = UNSET,
    trigger: str | Unset = UNSET,
    rule: str | Unset = UNSET,
    domain: str | Unset = UNSET,
    referrer_domain: str | Unset = UNSET,
    city: str | Unset = UNSET,
    continent: str | Unset = UNSET,
    currency: str | Unset = UNSET,
    utm_medium: str | Unset = UNSET,
    utm_term: str | Unset = UNSET,
    utm_content: str | Unset = UNSET,
    sub1: str | Unset = UNSET,
    sub2: str | Unset = UNSET,
    sub3: str | Unset = UNSET,
    sub4: str | Unset = UNSET,
    sub5: str | Unset = UNSET,
    bot: str | Unset = UNSET,
    asn: str | Unset = UNSET,
    status: str | Unset = UNSET,
    hour_of_day: str | Unset = UNSET,
    day_of_week: str | Unset = UNSET,
    tag: str | Unset = UNSET,
    range_header: None | str | Unset = UNSET,
    if_range: None | str | Unset = UNSET,
    if_none_match: str | Unset = UNSET,

) -> Any | EventsPage | Problem | None:
    """ Events, newest first

     A page of JSON, with `next_cursor` for the page after it. With `Accept: application/x-ndjson`,
    `text/csv` or
    `application/vnd.apache.parquet` all of them in one file, oldest first, written while they are read.
    What was cut off can be
    gone on with: `Range` with the file's `ETag` as `If-Range`, or with the file's moment (`Millrace-As-
    Of`) as `as_of`.

    Args:
        start (str | Unset):
        end (str | Unset):
        range_query (str | Unset):  Default: '7d'.
        timezone (str | Unset):
        exclude_bots (bool | Unset):  Default: False.
        limit (int | Unset):  Default: 100.
        cursor (str | Unset):
        as_of (str | Unset):
        link (str | Unset):
        pixel (str | Unset):
        goal (str | Unset):
        campaign (str | Unset):
        segment (str | Unset):
        country (str | Unset):
        browser (str | Unset):
        os (str | Unset):
        device_model (str | Unset):
        referrer (str | Unset):
        language (str | Unset):
        channel (str | Unset):
        region (str | Unset):
        device (str | Unset):
        utm_source (str | Unset):
        utm_campaign (str | Unset):
        variant (str | Unset):
        trigger (str | Unset):
        rule (str | Unset):
        domain (str | Unset):
        referrer_domain (str | Unset):
        city (str | Unset):
        continent (str | Unset):
        currency (str | Unset):
        utm_medium (str | Unset):
        utm_term (str | Unset):
        utm_content (str | Unset):
        sub1 (str | Unset):
        sub2 (str | Unset):
        sub3 (str | Unset):
        sub4 (str | Unset):
        sub5 (str | Unset):
        bot (str | Unset):
        asn (str | Unset):
        status (str | Unset):
        hour_of_day (str | Unset):
        day_of_week (str | Unset):
        tag (str | Unset):
        range_header (None | str | Unset):
        if_range (None | str | Unset):
        if_none_match (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | EventsPage | Problem
     """


    return (await asyncio_detailed(
        client=client,
start=start,
end=end,
range_query=range_query,
timezone=timezone,
exclude_bots=exclude_bots,
limit=limit,
cursor=cursor,
as_of=as_of,
link=link,
pixel=pixel,
goal=goal,
campaign=campaign,
segment=segment,
country=country,
browser=browser,
os=os,
device_model=device_model,
referrer=referrer,
language=language,
channel=channel,
region=region,
device=device,
utm_source=utm_source,
utm_campaign=utm_campaign,
variant=variant,
trigger=trigger,
rule=rule,
domain=domain,
referrer_domain=referrer_domain,
city=city,
continent=continent,
currency=currency,
utm_medium=utm_medium,
utm_term=utm_term,
utm_content=utm_content,
sub1=sub1,
sub2=sub2,
sub3=sub3,
sub4=sub4,
sub5=sub5,
bot=bot,
asn=asn,
status=status,
hour_of_day=hour_of_day,
day_of_week=day_of_week,
tag=tag,
range_header=range_header,
if_range=if_range,
if_none_match=if_none_match,

    )).parsed
