from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="Event")



@_attrs_define
class Event:
    """ An event as it is sent.

        Attributes:
            accept_language (None | str | Unset): The visitor's `Accept-Language`. Example: de-DE,de;q=0.9.
            click_id (None | str | Unset): Of a conversion: the id of the click that it belongs to.
            country (None | str | Unset): The visitor's country, ISO 3166; by address unless given. Example: DE.
            currency (None | str | Unset): Of a conversion: the currency of the value, ISO 4217.
            goal (None | str | Unset): Of a conversion: the id or the name of its goal.
            idempotency_key (None | str | Unset): Its own id at the sender, unique in the account: it is counted once.
                Example: import-3-000017.
            ip (None | str | Unset): The visitor's address. Only its network and place are stored. Example: 192.0.2.7.
            link (None | str | Unset): Of a click: the id or the slug of its link. Example: spring.
            occurred_at (None | str | Unset): When it happened, since 1970: RFC 3339 with a zone, or a number of unix
                milliseconds; now unless given.
                Also called `time` or `timestamp`. Example: 2026-01-02T03:04:04Z.
            pixel (None | str | Unset): Of a view: the id or the name of its pixel.
            referrer (None | str | Unset): The visitor's `Referer`. Example: https://news.example/.
            status (None | str | Unset): Of a conversion: what became of it, in the words of its goal; `approved` unless
                given.
            sub1 (None | str | Unset): For the sender's use. Example: banner-2.
            sub2 (None | str | Unset): The same.
            sub3 (None | str | Unset): The same.
            sub4 (None | str | Unset): The same.
            sub5 (None | str | Unset): The same.
            transaction_id (None | str | Unset): Of a conversion: likewise, unique in its goal.
            type_ (None | str | Unset): `click`, `view` or `conversion`; by what it names unless given. Example: click.
            user_agent (None | str | Unset): The visitor's `User-Agent`. Example: Mozilla/5.0 (X11; Linux x86_64; rv:140.0)
                Gecko/20100101 Firefox/140.0.
            utm_campaign (None | str | Unset): Likewise.
            utm_content (None | str | Unset): Likewise.
            utm_medium (None | str | Unset): Likewise.
            utm_source (None | str | Unset): Of the address that was visited. Example: newsletter.
            utm_term (None | str | Unset): Likewise.
            value (None | str | Unset): Of a conversion: its value, a decimal, of at most 9223372036854; digits beyond six
                are rounded half-even.
            visitor (None | str | Unset): Who the visitor is to the sender; by address and agent unless given. It is not
                stored. Example: customer-9.
     """

    accept_language: None | str | Unset = UNSET
    click_id: None | str | Unset = UNSET
    country: None | str | Unset = UNSET
    currency: None | str | Unset = UNSET
    goal: None | str | Unset = UNSET
    idempotency_key: None | str | Unset = UNSET
    ip: None | str | Unset = UNSET
    link: None | str | Unset = UNSET
    occurred_at: None | str | Unset = UNSET
    pixel: None | str | Unset = UNSET
    referrer: None | str | Unset = UNSET
    status: None | str | Unset = UNSET
    sub1: None | str | Unset = UNSET
    sub2: None | str | Unset = UNSET
    sub3: None | str | Unset = UNSET
    sub4: None | str | Unset = UNSET
    sub5: None | str | Unset = UNSET
    transaction_id: None | str | Unset = UNSET
    type_: None | str | Unset = UNSET
    user_agent: None | str | Unset = UNSET
    utm_campaign: None | str | Unset = UNSET
    utm_content: None | str | Unset = UNSET
    utm_medium: None | str | Unset = UNSET
    utm_source: None | str | Unset = UNSET
    utm_term: None | str | Unset = UNSET
    value: None | str | Unset = UNSET
    visitor: None | str | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        accept_language: None | str | Unset
        if isinstance(self.accept_language, Unset):
            accept_language = UNSET
        else:
            accept_language = self.accept_language

        click_id: None | str | Unset
        if isinstance(self.click_id, Unset):
            click_id = UNSET
        else:
            click_id = self.click_id

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

        goal: None | str | Unset
        if isinstance(self.goal, Unset):
            goal = UNSET
        else:
            goal = self.goal

        idempotency_key: None | str | Unset
        if isinstance(self.idempotency_key, Unset):
            idempotency_key = UNSET
        else:
            idempotency_key = self.idempotency_key

        ip: None | str | Unset
        if isinstance(self.ip, Unset):
            ip = UNSET
        else:
            ip = self.ip

        link: None | str | Unset
        if isinstance(self.link, Unset):
            link = UNSET
        else:
            link = self.link

        occurred_at: None | str | Unset
        if isinstance(self.occurred_at, Unset):
            occurred_at = UNSET
        else:
            occurred_at = self.occurred_at

        pixel: None | str | Unset
        if isinstance(self.pixel, Unset):
            pixel = UNSET
        else:
            pixel = self.pixel

        referrer: None | str | Unset
        if isinstance(self.referrer, Unset):
            referrer = UNSET
        else:
            referrer = self.referrer

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

        transaction_id: None | str | Unset
        if isinstance(self.transaction_id, Unset):
            transaction_id = UNSET
        else:
            transaction_id = self.transaction_id

        type_: None | str | Unset
        if isinstance(self.type_, Unset):
            type_ = UNSET
        else:
            type_ = self.type_

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

        value: None | str | Unset
        if isinstance(self.value, Unset):
            value = UNSET
        else:
            value = self.value

        visitor: None | str | Unset
        if isinstance(self.visitor, Unset):
            visitor = UNSET
        else:
            visitor = self.visitor


        field_dict: dict[str, Any] = {}

        field_dict.update({
        })
        if accept_language is not UNSET:
            field_dict["accept_language"] = accept_language
        if click_id is not UNSET:
            field_dict["click_id"] = click_id
        if country is not UNSET:
            field_dict["country"] = country
        if currency is not UNSET:
            field_dict["currency"] = currency
        if goal is not UNSET:
            field_dict["goal"] = goal
        if idempotency_key is not UNSET:
            field_dict["idempotency_key"] = idempotency_key
        if ip is not UNSET:
            field_dict["ip"] = ip
        if link is not UNSET:
            field_dict["link"] = link
        if occurred_at is not UNSET:
            field_dict["occurred_at"] = occurred_at
        if pixel is not UNSET:
            field_dict["pixel"] = pixel
        if referrer is not UNSET:
            field_dict["referrer"] = referrer
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
        if transaction_id is not UNSET:
            field_dict["transaction_id"] = transaction_id
        if type_ is not UNSET:
            field_dict["type"] = type_
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
        if value is not UNSET:
            field_dict["value"] = value
        if visitor is not UNSET:
            field_dict["visitor"] = visitor

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        def _parse_accept_language(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        accept_language = _parse_accept_language(d.pop("accept_language", UNSET))


        def _parse_click_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        click_id = _parse_click_id(d.pop("click_id", UNSET))


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


        def _parse_goal(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        goal = _parse_goal(d.pop("goal", UNSET))


        def _parse_idempotency_key(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        idempotency_key = _parse_idempotency_key(d.pop("idempotency_key", UNSET))


        def _parse_ip(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        ip = _parse_ip(d.pop("ip", UNSET))


        def _parse_link(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        link = _parse_link(d.pop("link", UNSET))


        def _parse_occurred_at(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        occurred_at = _parse_occurred_at(d.pop("occurred_at", UNSET))


        def _parse_pixel(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        pixel = _parse_pixel(d.pop("pixel", UNSET))


        def _parse_referrer(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        referrer = _parse_referrer(d.pop("referrer", UNSET))


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


        def _parse_transaction_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        transaction_id = _parse_transaction_id(d.pop("transaction_id", UNSET))


        def _parse_type_(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        type_ = _parse_type_(d.pop("type", UNSET))


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


        def _parse_value(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        value = _parse_value(d.pop("value", UNSET))


        def _parse_visitor(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        visitor = _parse_visitor(d.pop("visitor", UNSET))


        event = cls(
            accept_language=accept_language,
            click_id=click_id,
            country=country,
            currency=currency,
            goal=goal,
            idempotency_key=idempotency_key,
            ip=ip,
            link=link,
            occurred_at=occurred_at,
            pixel=pixel,
            referrer=referrer,
            status=status,
            sub1=sub1,
            sub2=sub2,
            sub3=sub3,
            sub4=sub4,
            sub5=sub5,
            transaction_id=transaction_id,
            type_=type_,
            user_agent=user_agent,
            utm_campaign=utm_campaign,
            utm_content=utm_content,
            utm_medium=utm_medium,
            utm_source=utm_source,
            utm_term=utm_term,
            value=value,
            visitor=visitor,
        )

        return event

