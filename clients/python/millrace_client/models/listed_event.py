from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="ListedEvent")



@_attrs_define
class ListedEvent:
    """ An event. What it has not is left out.

        Attributes:
            event_id (str): Its id, as the collector gave it. Example: 0000000000000000000000002D-3.
            settled (bool): Whether a batch has settled it.
            time (str): When it happened. Example: 2026-01-02T03:04:05.123Z.
            type_ (str): `click`, `view` or `conversion`. Example: click.
            accept_language (None | str | Unset): Accept-Language header.
            adjusts (bool | None | Unset): It only changes the value of a transaction.
            amount_micros (int | None | Unset): The value that its sender gave, in millionths of the currency.
            asn (int | None | Unset): Autonomous system of the network.
            bot (None | str | Unset): Why it is a bot's; absent: it is a person's.
            browser (None | str | Unset): Browser family.
            campaign (None | str | Unset): Its campaign, by its id.
            channel (None | str | Unset): How the visitor came.
            city (None | str | Unset): City.
            click_id (None | str | Unset): The click id that its sender gave.
            continent (None | str | Unset): Continent.
            cost_currency (None | str | Unset): ISO 4217 code of the cost.
            cost_micros (int | None | Unset): What a click cost, in millionths of its currency.
            country (None | str | Unset): ISO 3166-1 alpha-2.
            currency (None | str | Unset): ISO 4217 code of the value.
            device (None | str | Unset): Device family.
            device_type (None | str | Unset): Type of device.
            domain (None | str | Unset): Domain of the account at which it was made.
            excluded (bool | None | Unset): The account excludes its network.
            fetched_as (None | str | Unset): Who fetched it, if not a person who looked at it.
            key (None | str | Unset): The sender's key.
            language (None | str | Unset): Language.
            link (None | str | Unset): The link whose click led to a conversion.
            network (None | str | Unset): The /24 or /48 network of the address.
            object_ (None | str | Unset): The link, pixel or goal, by its id.
            os (None | str | Unset): Operating system family.
            received (None | str | Unset): When it was received.
            referrer (None | str | Unset): Referer header.
            referrer_domain (None | str | Unset): Domain of the referrer.
            referrer_host (None | str | Unset): Host of the referrer.
            region (None | str | Unset): First subdivision.
            rule (None | str | Unset): Which of a link's rules decided where it led.
            status (None | str | Unset): What a conversion was reported as.
            sub1 (None | str | Unset): Parameter sub1.
            sub2 (None | str | Unset): Parameter sub2.
            sub3 (None | str | Unset): Parameter sub3.
            sub4 (None | str | Unset): Parameter sub4.
            sub5 (None | str | Unset): Parameter sub5.
            taken_back (None | str | Unset): The status that it takes back.
            trigger (None | str | Unset): What led to the event: `link` or `qr`.
            unchecked (bool | None | Unset): A sender's key could not be checked.
            user_agent (None | str | Unset): User-Agent header.
            utm_campaign (None | str | Unset): Parameter utm_campaign.
            utm_content (None | str | Unset): Parameter utm_content.
            utm_medium (None | str | Unset): Parameter utm_medium.
            utm_source (None | str | Unset): Parameter utm_source.
            utm_term (None | str | Unset): Parameter utm_term.
            value_micros (int | None | Unset): What it adds to the values of approved conversions, in millionths of the
                currency.
            variant (None | str | Unset): Which of a link's destinations was served.
            visitor (None | str | Unset): The visitor's number, in hexadecimal digits.
     """

    event_id: str
    settled: bool
    time: str
    type_: str
    accept_language: None | str | Unset = UNSET
    adjusts: bool | None | Unset = UNSET
    amount_micros: int | None | Unset = UNSET
    asn: int | None | Unset = UNSET
    bot: None | str | Unset = UNSET
    browser: None | str | Unset = UNSET
    campaign: None | str | Unset = UNSET
    channel: None | str | Unset = UNSET
    city: None | str | Unset = UNSET
    click_id: None | str | Unset = UNSET
    continent: None | str | Unset = UNSET
    cost_currency: None | str | Unset = UNSET
    cost_micros: int | None | Unset = UNSET
    country: None | str | Unset = UNSET
    currency: None | str | Unset = UNSET
    device: None | str | Unset = UNSET
    device_type: None | str | Unset = UNSET
    domain: None | str | Unset = UNSET
    excluded: bool | None | Unset = UNSET
    fetched_as: None | str | Unset = UNSET
    key: None | str | Unset = UNSET
    language: None | str | Unset = UNSET
    link: None | str | Unset = UNSET
    network: None | str | Unset = UNSET
    object_: None | str | Unset = UNSET
    os: None | str | Unset = UNSET
    received: None | str | Unset = UNSET
    referrer: None | str | Unset = UNSET
    referrer_domain: None | str | Unset = UNSET
    referrer_host: None | str | Unset = UNSET
    region: None | str | Unset = UNSET
    rule: None | str | Unset = UNSET
    status: None | str | Unset = UNSET
    sub1: None | str | Unset = UNSET
    sub2: None | str | Unset = UNSET
    sub3: None | str | Unset = UNSET
    sub4: None | str | Unset = UNSET
    sub5: None | str | Unset = UNSET
    taken_back: None | str | Unset = UNSET
    trigger: None | str | Unset = UNSET
    unchecked: bool | None | Unset = UNSET
    user_agent: None | str | Unset = UNSET
    utm_campaign: None | str | Unset = UNSET
    utm_content: None | str | Unset = UNSET
    utm_medium: None | str | Unset = UNSET
    utm_source: None | str | Unset = UNSET
    utm_term: None | str | Unset = UNSET
    value_micros: int | None | Unset = UNSET
    variant: None | str | Unset = UNSET
    visitor: None | str | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        event_id = self.event_id

        settled = self.settled

        time = self.time

        type_ = self.type_

        accept_language: None | str | Unset
        if isinstance(self.accept_language, Unset):
            accept_language = UNSET
        else:
            accept_language = self.accept_language

        adjusts: bool | None | Unset
        if isinstance(self.adjusts, Unset):
            adjusts = UNSET
        else:
            adjusts = self.adjusts

        amount_micros: int | None | Unset
        if isinstance(self.amount_micros, Unset):
            amount_micros = UNSET
        else:
            amount_micros = self.amount_micros

        asn: int | None | Unset
        if isinstance(self.asn, Unset):
            asn = UNSET
        else:
            asn = self.asn

        bot: None | str | Unset
        if isinstance(self.bot, Unset):
            bot = UNSET
        else:
            bot = self.bot

        browser: None | str | Unset
        if isinstance(self.browser, Unset):
            browser = UNSET
        else:
            browser = self.browser

        campaign: None | str | Unset
        if isinstance(self.campaign, Unset):
            campaign = UNSET
        else:
            campaign = self.campaign

        channel: None | str | Unset
        if isinstance(self.channel, Unset):
            channel = UNSET
        else:
            channel = self.channel

        city: None | str | Unset
        if isinstance(self.city, Unset):
            city = UNSET
        else:
            city = self.city

        click_id: None | str | Unset
        if isinstance(self.click_id, Unset):
            click_id = UNSET
        else:
            click_id = self.click_id

        continent: None | str | Unset
        if isinstance(self.continent, Unset):
            continent = UNSET
        else:
            continent = self.continent

        cost_currency: None | str | Unset
        if isinstance(self.cost_currency, Unset):
            cost_currency = UNSET
        else:
            cost_currency = self.cost_currency

        cost_micros: int | None | Unset
        if isinstance(self.cost_micros, Unset):
            cost_micros = UNSET
        else:
            cost_micros = self.cost_micros

        country: None | str | Unset
        if isinstance(self.country, Unset):
            country = UNSET
        else:
            country = self.country

        currency: None | str | Unset
        if isinstance(self.currency, Unset):
            currency = UNSET
        else:
            currency = self.currency

        device: None | str | Unset
        if isinstance(self.device, Unset):
            device = UNSET
        else:
            device = self.device

        device_type: None | str | Unset
        if isinstance(self.device_type, Unset):
            device_type = UNSET
        else:
            device_type = self.device_type

        domain: None | str | Unset
        if isinstance(self.domain, Unset):
            domain = UNSET
        else:
            domain = self.domain

        excluded: bool | None | Unset
        if isinstance(self.excluded, Unset):
            excluded = UNSET
        else:
            excluded = self.excluded

        fetched_as: None | str | Unset
        if isinstance(self.fetched_as, Unset):
            fetched_as = UNSET
        else:
            fetched_as = self.fetched_as

        key: None | str | Unset
        if isinstance(self.key, Unset):
            key = UNSET
        else:
            key = self.key

        language: None | str | Unset
        if isinstance(self.language, Unset):
            language = UNSET
        else:
            language = self.language

        link: None | str | Unset
        if isinstance(self.link, Unset):
            link = UNSET
        else:
            link = self.link

        network: None | str | Unset
        if isinstance(self.network, Unset):
            network = UNSET
        else:
            network = self.network

        object_: None | str | Unset
        if isinstance(self.object_, Unset):
            object_ = UNSET
        else:
            object_ = self.object_

        os: None | str | Unset
        if isinstance(self.os, Unset):
            os = UNSET
        else:
            os = self.os

        received: None | str | Unset
        if isinstance(self.received, Unset):
            received = UNSET
        else:
            received = self.received

        referrer: None | str | Unset
        if isinstance(self.referrer, Unset):
            referrer = UNSET
        else:
            referrer = self.referrer

        referrer_domain: None | str | Unset
        if isinstance(self.referrer_domain, Unset):
            referrer_domain = UNSET
        else:
            referrer_domain = self.referrer_domain

        referrer_host: None | str | Unset
        if isinstance(self.referrer_host, Unset):
            referrer_host = UNSET
        else:
            referrer_host = self.referrer_host

        region: None | str | Unset
        if isinstance(self.region, Unset):
            region = UNSET
        else:
            region = self.region

        rule: None | str | Unset
        if isinstance(self.rule, Unset):
            rule = UNSET
        else:
            rule = self.rule

        status: None | str | Unset
        if isinstance(self.status, Unset):
            status = UNSET
        else:
            status = self.status

        sub1: None | str | Unset
        if isinstance(self.sub1, Unset):
            sub1 = UNSET
        else:
            sub1 = self.sub1

        sub2: None | str | Unset
        if isinstance(self.sub2, Unset):
            sub2 = UNSET
        else:
            sub2 = self.sub2

        sub3: None | str | Unset
        if isinstance(self.sub3, Unset):
            sub3 = UNSET
        else:
            sub3 = self.sub3

        sub4: None | str | Unset
        if isinstance(self.sub4, Unset):
            sub4 = UNSET
        else:
            sub4 = self.sub4

        sub5: None | str | Unset
        if isinstance(self.sub5, Unset):
            sub5 = UNSET
        else:
            sub5 = self.sub5

        taken_back: None | str | Unset
        if isinstance(self.taken_back, Unset):
            taken_back = UNSET
        else:
            taken_back = self.taken_back

        trigger: None | str | Unset
        if isinstance(self.trigger, Unset):
            trigger = UNSET
        else:
            trigger = self.trigger

        unchecked: bool | None | Unset
        if isinstance(self.unchecked, Unset):
            unchecked = UNSET
        else:
            unchecked = self.unchecked

        user_agent: None | str | Unset
        if isinstance(self.user_agent, Unset):
            user_agent = UNSET
        else:
            user_agent = self.user_agent

        utm_campaign: None | str | Unset
        if isinstance(self.utm_campaign, Unset):
            utm_campaign = UNSET
        else:
            utm_campaign = self.utm_campaign

        utm_content: None | str | Unset
        if isinstance(self.utm_content, Unset):
            utm_content = UNSET
        else:
            utm_content = self.utm_content

        utm_medium: None | str | Unset
        if isinstance(self.utm_medium, Unset):
            utm_medium = UNSET
        else:
            utm_medium = self.utm_medium

        utm_source: None | str | Unset
        if isinstance(self.utm_source, Unset):
            utm_source = UNSET
        else:
            utm_source = self.utm_source

        utm_term: None | str | Unset
        if isinstance(self.utm_term, Unset):
            utm_term = UNSET
        else:
            utm_term = self.utm_term

        value_micros: int | None | Unset
        if isinstance(self.value_micros, Unset):
            value_micros = UNSET
        else:
            value_micros = self.value_micros

        variant: None | str | Unset
        if isinstance(self.variant, Unset):
            variant = UNSET
        else:
            variant = self.variant

        visitor: None | str | Unset
        if isinstance(self.visitor, Unset):
            visitor = UNSET
        else:
            visitor = self.visitor


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "event_id": event_id,
            "settled": settled,
            "time": time,
            "type": type_,
        })
        if accept_language is not UNSET:
            field_dict["accept_language"] = accept_language
        if adjusts is not UNSET:
            field_dict["adjusts"] = adjusts
        if amount_micros is not UNSET:
            field_dict["amount_micros"] = amount_micros
        if asn is not UNSET:
            field_dict["asn"] = asn
        if bot is not UNSET:
            field_dict["bot"] = bot
        if browser is not UNSET:
            field_dict["browser"] = browser
        if campaign is not UNSET:
            field_dict["campaign"] = campaign
        if channel is not UNSET:
            field_dict["channel"] = channel
        if city is not UNSET:
            field_dict["city"] = city
        if click_id is not UNSET:
            field_dict["click_id"] = click_id
        if continent is not UNSET:
            field_dict["continent"] = continent
        if cost_currency is not UNSET:
            field_dict["cost_currency"] = cost_currency
        if cost_micros is not UNSET:
            field_dict["cost_micros"] = cost_micros
        if country is not UNSET:
            field_dict["country"] = country
        if currency is not UNSET:
            field_dict["currency"] = currency
        if device is not UNSET:
            field_dict["device"] = device
        if device_type is not UNSET:
            field_dict["device_type"] = device_type
        if domain is not UNSET:
            field_dict["domain"] = domain
        if excluded is not UNSET:
            field_dict["excluded"] = excluded
        if fetched_as is not UNSET:
            field_dict["fetched_as"] = fetched_as
        if key is not UNSET:
            field_dict["key"] = key
        if language is not UNSET:
            field_dict["language"] = language
        if link is not UNSET:
            field_dict["link"] = link
        if network is not UNSET:
            field_dict["network"] = network
        if object_ is not UNSET:
            field_dict["object"] = object_
        if os is not UNSET:
            field_dict["os"] = os
        if received is not UNSET:
            field_dict["received"] = received
        if referrer is not UNSET:
            field_dict["referrer"] = referrer
        if referrer_domain is not UNSET:
            field_dict["referrer_domain"] = referrer_domain
        if referrer_host is not UNSET:
            field_dict["referrer_host"] = referrer_host
        if region is not UNSET:
            field_dict["region"] = region
        if rule is not UNSET:
            field_dict["rule"] = rule
        if status is not UNSET:
            field_dict["status"] = status
        if sub1 is not UNSET:
            field_dict["sub1"] = sub1
        if sub2 is not UNSET:
            field_dict["sub2"] = sub2
        if sub3 is not UNSET:
            field_dict["sub3"] = sub3
        if sub4 is not UNSET:
            field_dict["sub4"] = sub4
        if sub5 is not UNSET:
            field_dict["sub5"] = sub5
        if taken_back is not UNSET:
            field_dict["taken_back"] = taken_back
        if trigger is not UNSET:
            field_dict["trigger"] = trigger
        if unchecked is not UNSET:
            field_dict["unchecked"] = unchecked
        if user_agent is not UNSET:
            field_dict["user_agent"] = user_agent
        if utm_campaign is not UNSET:
            field_dict["utm_campaign"] = utm_campaign
        if utm_content is not UNSET:
            field_dict["utm_content"] = utm_content
        if utm_medium is not UNSET:
            field_dict["utm_medium"] = utm_medium
        if utm_source is not UNSET:
            field_dict["utm_source"] = utm_source
        if utm_term is not UNSET:
            field_dict["utm_term"] = utm_term
        if value_micros is not UNSET:
            field_dict["value_micros"] = value_micros
        if variant is not UNSET:
            field_dict["variant"] = variant
        if visitor is not UNSET:
            field_dict["visitor"] = visitor

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        event_id = d.pop("event_id")

        settled = d.pop("settled")

        time = d.pop("time")

        type_ = d.pop("type")

        def _parse_accept_language(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        accept_language = _parse_accept_language(d.pop("accept_language", UNSET))


        def _parse_adjusts(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        adjusts = _parse_adjusts(d.pop("adjusts", UNSET))


        def _parse_amount_micros(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        amount_micros = _parse_amount_micros(d.pop("amount_micros", UNSET))


        def _parse_asn(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        asn = _parse_asn(d.pop("asn", UNSET))


        def _parse_bot(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        bot = _parse_bot(d.pop("bot", UNSET))


        def _parse_browser(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        browser = _parse_browser(d.pop("browser", UNSET))


        def _parse_campaign(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        campaign = _parse_campaign(d.pop("campaign", UNSET))


        def _parse_channel(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        channel = _parse_channel(d.pop("channel", UNSET))


        def _parse_city(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        city = _parse_city(d.pop("city", UNSET))


        def _parse_click_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        click_id = _parse_click_id(d.pop("click_id", UNSET))


        def _parse_continent(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        continent = _parse_continent(d.pop("continent", UNSET))


        def _parse_cost_currency(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        cost_currency = _parse_cost_currency(d.pop("cost_currency", UNSET))


        def _parse_cost_micros(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        cost_micros = _parse_cost_micros(d.pop("cost_micros", UNSET))


        def _parse_country(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        country = _parse_country(d.pop("country", UNSET))


        def _parse_currency(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        currency = _parse_currency(d.pop("currency", UNSET))


        def _parse_device(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        device = _parse_device(d.pop("device", UNSET))


        def _parse_device_type(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        device_type = _parse_device_type(d.pop("device_type", UNSET))


        def _parse_domain(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        domain = _parse_domain(d.pop("domain", UNSET))


        def _parse_excluded(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        excluded = _parse_excluded(d.pop("excluded", UNSET))


        def _parse_fetched_as(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        fetched_as = _parse_fetched_as(d.pop("fetched_as", UNSET))


        def _parse_key(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        key = _parse_key(d.pop("key", UNSET))


        def _parse_language(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        language = _parse_language(d.pop("language", UNSET))


        def _parse_link(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        link = _parse_link(d.pop("link", UNSET))


        def _parse_network(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        network = _parse_network(d.pop("network", UNSET))


        def _parse_object_(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        object_ = _parse_object_(d.pop("object", UNSET))


        def _parse_os(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        os = _parse_os(d.pop("os", UNSET))


        def _parse_received(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        received = _parse_received(d.pop("received", UNSET))


        def _parse_referrer(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        referrer = _parse_referrer(d.pop("referrer", UNSET))


        def _parse_referrer_domain(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        referrer_domain = _parse_referrer_domain(d.pop("referrer_domain", UNSET))


        def _parse_referrer_host(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        referrer_host = _parse_referrer_host(d.pop("referrer_host", UNSET))


        def _parse_region(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        region = _parse_region(d.pop("region", UNSET))


        def _parse_rule(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        rule = _parse_rule(d.pop("rule", UNSET))


        def _parse_status(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        status = _parse_status(d.pop("status", UNSET))


        def _parse_sub1(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        sub1 = _parse_sub1(d.pop("sub1", UNSET))


        def _parse_sub2(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        sub2 = _parse_sub2(d.pop("sub2", UNSET))


        def _parse_sub3(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        sub3 = _parse_sub3(d.pop("sub3", UNSET))


        def _parse_sub4(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        sub4 = _parse_sub4(d.pop("sub4", UNSET))


        def _parse_sub5(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        sub5 = _parse_sub5(d.pop("sub5", UNSET))


        def _parse_taken_back(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        taken_back = _parse_taken_back(d.pop("taken_back", UNSET))


        def _parse_trigger(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        trigger = _parse_trigger(d.pop("trigger", UNSET))


        def _parse_unchecked(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        unchecked = _parse_unchecked(d.pop("unchecked", UNSET))


        def _parse_user_agent(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        user_agent = _parse_user_agent(d.pop("user_agent", UNSET))


        def _parse_utm_campaign(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        utm_campaign = _parse_utm_campaign(d.pop("utm_campaign", UNSET))


        def _parse_utm_content(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        utm_content = _parse_utm_content(d.pop("utm_content", UNSET))


        def _parse_utm_medium(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        utm_medium = _parse_utm_medium(d.pop("utm_medium", UNSET))


        def _parse_utm_source(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        utm_source = _parse_utm_source(d.pop("utm_source", UNSET))


        def _parse_utm_term(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        utm_term = _parse_utm_term(d.pop("utm_term", UNSET))


        def _parse_value_micros(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        value_micros = _parse_value_micros(d.pop("value_micros", UNSET))


        def _parse_variant(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        variant = _parse_variant(d.pop("variant", UNSET))


        def _parse_visitor(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        visitor = _parse_visitor(d.pop("visitor", UNSET))


        listed_event = cls(
            event_id=event_id,
            settled=settled,
            time=time,
            type_=type_,
            accept_language=accept_language,
            adjusts=adjusts,
            amount_micros=amount_micros,
            asn=asn,
            bot=bot,
            browser=browser,
            campaign=campaign,
            channel=channel,
            city=city,
            click_id=click_id,
            continent=continent,
            cost_currency=cost_currency,
            cost_micros=cost_micros,
            country=country,
            currency=currency,
            device=device,
            device_type=device_type,
            domain=domain,
            excluded=excluded,
            fetched_as=fetched_as,
            key=key,
            language=language,
            link=link,
            network=network,
            object_=object_,
            os=os,
            received=received,
            referrer=referrer,
            referrer_domain=referrer_domain,
            referrer_host=referrer_host,
            region=region,
            rule=rule,
            status=status,
            sub1=sub1,
            sub2=sub2,
            sub3=sub3,
            sub4=sub4,
            sub5=sub5,
            taken_back=taken_back,
            trigger=trigger,
            unchecked=unchecked,
            user_agent=user_agent,
            utm_campaign=utm_campaign,
            utm_content=utm_content,
            utm_medium=utm_medium,
            utm_source=utm_source,
            utm_term=utm_term,
            value_micros=value_micros,
            variant=variant,
            visitor=visitor,
        )

        return listed_event

