from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.rule import Rule
  from ..models.utm import Utm





T = TypeVar("T", bound="LinkBody")



@_attrs_define
class LinkBody:
    """ What clients set of a link.

        Attributes:
            append_click_id (bool | None | Unset): Whether the click id is handed on to the destination. Example: True.
            archived (bool | None | Unset): Whether it leads nobody on, and is kept. Example: False.
            campaign (None | str | Unset): The id or the name of a campaign that its events count for, too. Example: Spring.
            click_id_param (None | str | Unset): Under which name it is; null: the account's, `mr_click` unless set.
                Example: cid.
            cost_per_click (float | None | str | Unset):
            destination (None | str | Unset): Where it leads: http, https, or a scheme that the account allows. Needed. It
                stays as it is given. Example: https://shop.example/spring?size=m.
            domain (None | str | Unset): The domain of the account that it answers at; null: the installation's own.
                Example: go.shop.example.
            expires_at (None | str | Unset): From when on it leads nobody on, RFC 3339. Example: 2027-01-01T00:00:00Z.
            external_id (None | str | Unset): What the account calls it: unique in it. `ext_` and this stand for the link
                wherever an id may. Example: crm-4711.
            fallback_url (None | str | Unset): Where those are led who come before it begins, after it has ended or while it
                is archived; nobody counts them.
                Without it they get 404 before, 410 afterwards. Of macros it knows `{slug}`, `{link_id}` and `{campaign}`.
                Example: https://shop.example/over.
            max_clicks (int | None | Unset): So many clicks of people it leads on, by the live count, which may be exceeded
                by those that come before it is
                read again; then it has ended. Example: 1000.
            note (None | str | Unset): For people. Example: Agreed with the printer.
            pass_query (bool | None | Unset): Whether query parameters of the request are handed on to the destination.
                Example: True.
            rules (list[Rule] | None | Unset): Whom it leads elsewhere: the first that fits decides, otherwise
                `destination`.
            slug (None | str | Unset): The path it answers at; without one it gets one. Example: spring-mail.
            starts_at (None | str | Unset): Before when it leads nobody on, RFC 3339. Example: 2026-12-01T00:00:00Z.
            status (int | None | Unset): The answer's status: 301, 302, 303, 307 or 308. Example: 302.
            tags (list[str] | None | Unset): For grouping. Example: ['mail'].
            title (None | str | Unset): For people. Example: Spring sale.
            utm (None | Unset | Utm):
     """

    append_click_id: bool | None | Unset = UNSET
    archived: bool | None | Unset = UNSET
    campaign: None | str | Unset = UNSET
    click_id_param: None | str | Unset = UNSET
    cost_per_click: float | None | str | Unset = UNSET
    destination: None | str | Unset = UNSET
    domain: None | str | Unset = UNSET
    expires_at: None | str | Unset = UNSET
    external_id: None | str | Unset = UNSET
    fallback_url: None | str | Unset = UNSET
    max_clicks: int | None | Unset = UNSET
    note: None | str | Unset = UNSET
    pass_query: bool | None | Unset = UNSET
    rules: list[Rule] | None | Unset = UNSET
    slug: None | str | Unset = UNSET
    starts_at: None | str | Unset = UNSET
    status: int | None | Unset = UNSET
    tags: list[str] | None | Unset = UNSET
    title: None | str | Unset = UNSET
    utm: None | Unset | Utm = UNSET





    def to_dict(self) -> dict[str, Any]:
        from ..models.rule import Rule # noqa: PLC0415
        from ..models.utm import Utm # noqa: PLC0415
        append_click_id: bool | None | Unset
        if isinstance(self.append_click_id, Unset):
            append_click_id = UNSET
        else:
            append_click_id = self.append_click_id

        archived: bool | None | Unset
        if isinstance(self.archived, Unset):
            archived = UNSET
        else:
            archived = self.archived

        campaign: None | str | Unset
        if isinstance(self.campaign, Unset):
            campaign = UNSET
        else:
            campaign = self.campaign

        click_id_param: None | str | Unset
        if isinstance(self.click_id_param, Unset):
            click_id_param = UNSET
        else:
            click_id_param = self.click_id_param

        cost_per_click: float | None | str | Unset
        if isinstance(self.cost_per_click, Unset):
            cost_per_click = UNSET
        else:
            cost_per_click = self.cost_per_click

        destination: None | str | Unset
        if isinstance(self.destination, Unset):
            destination = UNSET
        else:
            destination = self.destination

        domain: None | str | Unset
        if isinstance(self.domain, Unset):
            domain = UNSET
        else:
            domain = self.domain

        expires_at: None | str | Unset
        if isinstance(self.expires_at, Unset):
            expires_at = UNSET
        else:
            expires_at = self.expires_at

        external_id: None | str | Unset
        if isinstance(self.external_id, Unset):
            external_id = UNSET
        else:
            external_id = self.external_id

        fallback_url: None | str | Unset
        if isinstance(self.fallback_url, Unset):
            fallback_url = UNSET
        else:
            fallback_url = self.fallback_url

        max_clicks: int | None | Unset
        if isinstance(self.max_clicks, Unset):
            max_clicks = UNSET
        else:
            max_clicks = self.max_clicks

        note: None | str | Unset
        if isinstance(self.note, Unset):
            note = UNSET
        else:
            note = self.note

        pass_query: bool | None | Unset
        if isinstance(self.pass_query, Unset):
            pass_query = UNSET
        else:
            pass_query = self.pass_query

        rules: list[dict[str, Any]] | None | Unset
        if isinstance(self.rules, Unset):
            rules = UNSET
        elif isinstance(self.rules, list):
            rules = []
            for rules_type_0_item_data in self.rules:
                rules_type_0_item = rules_type_0_item_data.to_dict()
                rules.append(rules_type_0_item)


        else:
            rules = self.rules

        slug: None | str | Unset
        if isinstance(self.slug, Unset):
            slug = UNSET
        else:
            slug = self.slug

        starts_at: None | str | Unset
        if isinstance(self.starts_at, Unset):
            starts_at = UNSET
        else:
            starts_at = self.starts_at

        status: int | None | Unset
        if isinstance(self.status, Unset):
            status = UNSET
        else:
            status = self.status

        tags: list[str] | None | Unset
        if isinstance(self.tags, Unset):
            tags = UNSET
        elif isinstance(self.tags, list):
            tags = self.tags


        else:
            tags = self.tags

        title: None | str | Unset
        if isinstance(self.title, Unset):
            title = UNSET
        else:
            title = self.title

        utm: dict[str, Any] | None | Unset
        if isinstance(self.utm, Unset):
            utm = UNSET
        elif isinstance(self.utm, Utm):
            utm = self.utm.to_dict()
        else:
            utm = self.utm


        field_dict: dict[str, Any] = {}

        field_dict.update({
        })
        if append_click_id is not UNSET:
            field_dict["append_click_id"] = append_click_id
        if archived is not UNSET:
            field_dict["archived"] = archived
        if campaign is not UNSET:
            field_dict["campaign"] = campaign
        if click_id_param is not UNSET:
            field_dict["click_id_param"] = click_id_param
        if cost_per_click is not UNSET:
            field_dict["cost_per_click"] = cost_per_click
        if destination is not UNSET:
            field_dict["destination"] = destination
        if domain is not UNSET:
            field_dict["domain"] = domain
        if expires_at is not UNSET:
            field_dict["expires_at"] = expires_at
        if external_id is not UNSET:
            field_dict["external_id"] = external_id
        if fallback_url is not UNSET:
            field_dict["fallback_url"] = fallback_url
        if max_clicks is not UNSET:
            field_dict["max_clicks"] = max_clicks
        if note is not UNSET:
            field_dict["note"] = note
        if pass_query is not UNSET:
            field_dict["pass_query"] = pass_query
        if rules is not UNSET:
            field_dict["rules"] = rules
        if slug is not UNSET:
            field_dict["slug"] = slug
        if starts_at is not UNSET:
            field_dict["starts_at"] = starts_at
        if status is not UNSET:
            field_dict["status"] = status
        if tags is not UNSET:
            field_dict["tags"] = tags
        if title is not UNSET:
            field_dict["title"] = title
        if utm is not UNSET:
            field_dict["utm"] = utm

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.rule import Rule # noqa: PLC0415
        from ..models.utm import Utm # noqa: PLC0415
        d = dict(src_dict)
        def _parse_append_click_id(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        append_click_id = _parse_append_click_id(d.pop("append_click_id", UNSET))


        def _parse_archived(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        archived = _parse_archived(d.pop("archived", UNSET))


        def _parse_campaign(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        campaign = _parse_campaign(d.pop("campaign", UNSET))


        def _parse_click_id_param(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        click_id_param = _parse_click_id_param(d.pop("click_id_param", UNSET))


        def _parse_cost_per_click(data: object) -> float | None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | str | Unset, data)

        cost_per_click = _parse_cost_per_click(d.pop("cost_per_click", UNSET))


        def _parse_destination(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        destination = _parse_destination(d.pop("destination", UNSET))


        def _parse_domain(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        domain = _parse_domain(d.pop("domain", UNSET))


        def _parse_expires_at(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        expires_at = _parse_expires_at(d.pop("expires_at", UNSET))


        def _parse_external_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        external_id = _parse_external_id(d.pop("external_id", UNSET))


        def _parse_fallback_url(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        fallback_url = _parse_fallback_url(d.pop("fallback_url", UNSET))


        def _parse_max_clicks(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        max_clicks = _parse_max_clicks(d.pop("max_clicks", UNSET))


        def _parse_note(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        note = _parse_note(d.pop("note", UNSET))


        def _parse_pass_query(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        pass_query = _parse_pass_query(d.pop("pass_query", UNSET))


        def _parse_rules(data: object) -> list[Rule] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                rules_type_0 = []
                _rules_type_0 = data
                for rules_type_0_item_data in (_rules_type_0):
                    rules_type_0_item = Rule.from_dict(rules_type_0_item_data)



                    rules_type_0.append(rules_type_0_item)

                return rules_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[Rule] | None | Unset, data)

        rules = _parse_rules(d.pop("rules", UNSET))


        def _parse_slug(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        slug = _parse_slug(d.pop("slug", UNSET))


        def _parse_starts_at(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        starts_at = _parse_starts_at(d.pop("starts_at", UNSET))


        def _parse_status(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        status = _parse_status(d.pop("status", UNSET))


        def _parse_tags(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                tags_type_0 = cast(list[str], data)

                return tags_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | Unset, data)

        tags = _parse_tags(d.pop("tags", UNSET))


        def _parse_title(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        title = _parse_title(d.pop("title", UNSET))


        def _parse_utm(data: object) -> None | Unset | Utm:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                utm_type_0 = Utm.from_dict(data)



                return utm_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Unset | Utm, data)

        utm = _parse_utm(d.pop("utm", UNSET))


        link_body = cls(
            append_click_id=append_click_id,
            archived=archived,
            campaign=campaign,
            click_id_param=click_id_param,
            cost_per_click=cost_per_click,
            destination=destination,
            domain=domain,
            expires_at=expires_at,
            external_id=external_id,
            fallback_url=fallback_url,
            max_clicks=max_clicks,
            note=note,
            pass_query=pass_query,
            rules=rules,
            slug=slug,
            starts_at=starts_at,
            status=status,
            tags=tags,
            title=title,
            utm=utm,
        )

        return link_body

