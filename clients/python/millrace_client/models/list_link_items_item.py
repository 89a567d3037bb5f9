from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
  from ..models.rule import Rule
  from ..models.utm import Utm





T = TypeVar("T", bound="ListLinkItemsItem")



@_attrs_define
class ListLinkItemsItem:
    """ A link.

        Attributes:
            append_click_id (bool): Whether the click id is handed on to the destination.
            archived (bool): Whether it leads nobody on, and is kept.
            campaign (None | str): The campaign its events count for, too. Example: cmp_0000000000006.
            click_id_param (None | str): Under which name it is; null: the account's. Example: cid.
            cost_per_click (None | str): What a click of a person costs, in the account's currency; null: what its campaign
                says. Example: 0.05.
            created_at (str): When it was made. Example: 2026-01-02T03:04:05Z.
            destination (str): Where it leads. Example: https://shop.example/spring?size=m.
            domain (None | str): The domain of the account that it answers at; null: the installation's own. Example:
                go.shop.example.
            expires_at (None | str): From when on it leads nobody on. Example: 2027-01-01T00:00:00Z.
            external_id (None | str): What the account calls it. Example: crm-4711.
            fallback_url (None | str): Where those are led whom it leads nowhere. Example: https://shop.example/over.
            id (str): Its id. Example: lnk_0000000000005.
            max_clicks (int | None): So many clicks of people it leads on. Example: 1000.
            note (None | str): For people. Example: Agreed with the printer.
            pass_query (bool): Whether query parameters of the request are handed on to the destination.
            rules (list[Rule]): Whom it leads elsewhere.
            slug (str): The path it answers at. Example: spring.
            starts_at (None | str): Before when it leads nobody on. Example: 2026-12-01T00:00:00Z.
            status (int): The answer's status. Example: 302.
            tags (list[str]): For grouping. Example: ['mail'].
            title (None | str): For people. Example: Spring sale.
            url (str): Its whole address. Example: https://go.example/spring.
            utm (Utm): Parameters that say where a visit came from. Example: {'medium': 'email', 'source': 'newsletter'}.
     """

    append_click_id: bool
    archived: bool
    campaign: None | str
    click_id_param: None | str
    cost_per_click: None | str
    created_at: str
    destination: str
    domain: None | str
    expires_at: None | str
    external_id: None | str
    fallback_url: None | str
    id: str
    max_clicks: int | None
    note: None | str
    pass_query: bool
    rules: list[Rule]
    slug: str
    starts_at: None | str
    status: int
    tags: list[str]
    title: None | str
    url: str
    utm: Utm





    def to_dict(self) -> dict[str, Any]:
        from ..models.rule import Rule # noqa: PLC0415
        from ..models.utm import Utm # noqa: PLC0415
        append_click_id = self.append_click_id

        archived = self.archived

        campaign: None | str
        campaign = self.campaign

        click_id_param: None | str
        click_id_param = self.click_id_param

        cost_per_click: None | str
        cost_per_click = self.cost_per_click

        created_at = self.created_at

        destination = self.destination

        domain: None | str
        domain = self.domain

        expires_at: None | str
        expires_at = self.expires_at

        external_id: None | str
        external_id = self.external_id

        fallback_url: None | str
        fallback_url = self.fallback_url

        id = self.id

        max_clicks: int | None
        max_clicks = self.max_clicks

        note: None | str
        note = self.note

        pass_query = self.pass_query

        rules = []
        for rules_item_data in self.rules:
            rules_item = rules_item_data.to_dict()
            rules.append(rules_item)



        slug = self.slug

        starts_at: None | str
        starts_at = self.starts_at

        status = self.status

        tags = self.tags



        title: None | str
        title = self.title

        url = self.url

        utm = self.utm.to_dict()


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "append_click_id": append_click_id,
            "archived": archived,
            "campaign": campaign,
            "click_id_param": click_id_param,
            "cost_per_click": cost_per_click,
            "created_at": created_at,
            "destination": destination,
            "domain": domain,
            "expires_at": expires_at,
            "external_id": external_id,
            "fallback_url": fallback_url,
            "id": id,
            "max_clicks": max_clicks,
            "note": note,
            "pass_query": pass_query,
            "rules": rules,
            "slug": slug,
            "starts_at": starts_at,
            "status": status,
            "tags": tags,
            "title": title,
            "url": url,
            "utm": utm,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.rule import Rule # noqa: PLC0415
        from ..models.utm import Utm # noqa: PLC0415
        d = dict(src_dict)
        append_click_id = d.pop("append_click_id")

        archived = d.pop("archived")

        def _parse_campaign(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        campaign = _parse_campaign(d.pop("campaign"))


        def _parse_click_id_param(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        click_id_param = _parse_click_id_param(d.pop("click_id_param"))


        def _parse_cost_per_click(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        cost_per_click = _parse_cost_per_click(d.pop("cost_per_click"))


        created_at = d.pop("created_at")

        destination = d.pop("destination")

        def _parse_domain(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        domain = _parse_domain(d.pop("domain"))


        def _parse_expires_at(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        expires_at = _parse_expires_at(d.pop("expires_at"))


        def _parse_external_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        external_id = _parse_external_id(d.pop("external_id"))


        def _parse_fallback_url(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        fallback_url = _parse_fallback_url(d.pop("fallback_url"))


        id = d.pop("id")

        def _parse_max_clicks(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        max_clicks = _parse_max_clicks(d.pop("max_clicks"))


        def _parse_note(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        note = _parse_note(d.pop("note"))


        pass_query = d.pop("pass_query")

        rules = []
        _rules = d.pop("rules")
        for rules_item_data in (_rules):
            rules_item = Rule.from_dict(rules_item_data)



            rules.append(rules_item)


        slug = d.pop("slug")

        def _parse_starts_at(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        starts_at = _parse_starts_at(d.pop("starts_at"))


        status = d.pop("status")

        tags = cast(list[str], d.pop("tags"))


        def _parse_title(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        title = _parse_title(d.pop("title"))


        url = d.pop("url")

        utm = Utm.from_dict(d.pop("utm"))




        list_link_items_item = cls(
            append_click_id=append_click_id,
            archived=archived,
            campaign=campaign,
            click_id_param=click_id_param,
            cost_per_click=cost_per_click,
            created_at=created_at,
            destination=destination,
            domain=domain,
            expires_at=expires_at,
            external_id=external_id,
            fallback_url=fallback_url,
            id=id,
            max_clicks=max_clicks,
            note=note,
            pass_query=pass_query,
            rules=rules,
            slug=slug,
            starts_at=starts_at,
            status=status,
            tags=tags,
            title=title,
            url=url,
            utm=utm,
        )

        return list_link_items_item

