from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.event_type import EventType
from ..models.webhook_kind import WebhookKind
from ..models.webhook_method import WebhookMethod
from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.filters_body import FiltersBody





T = TypeVar("T", bound="WebhookBody")



@_attrs_define
class WebhookBody:
    """ What clients set of a webhook.

        Attributes:
            enabled (bool | None | Unset): Whether something is sent. Enabled again within three days it is told what
                happened meanwhile. Example: True.
            filters (FiltersBody | None | Unset):
            kind (None | Unset | WebhookKind):
            method (None | Unset | WebhookMethod):
            name (None | str | Unset): For people. Needed. Example: Shop.
            types (list[EventType] | None | Unset): What is told; null: both types of conversions. Example:
                ['conversion.created'].
            url (None | str | Unset): Where it is sent: an https address of the public internet. Of a postback with macros
                behind the host, such as
                `https://network.example.com/postback?click={click_id}&payout={value}`. Needed. Example:
                https://shop.example.com/hooks.
     """

    enabled: bool | None | Unset = UNSET
    filters: FiltersBody | None | Unset = UNSET
    kind: None | Unset | WebhookKind = UNSET
    method: None | Unset | WebhookMethod = UNSET
    name: None | str | Unset = UNSET
    types: list[EventType] | None | Unset = UNSET
    url: None | str | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        from ..models.filters_body import FiltersBody # noqa: PLC0415
        enabled: bool | None | Unset
        if isinstance(self.enabled, Unset):
            enabled = UNSET
        else:
            enabled = self.enabled

        filters: dict[str, Any] | None | Unset
        if isinstance(self.filters, Unset):
            filters = UNSET
        elif isinstance(self.filters, FiltersBody):
            filters = self.filters.to_dict()
        else:
            filters = self.filters

        kind: None | str | Unset
        if isinstance(self.kind, Unset):
            kind = UNSET
        elif isinstance(self.kind, WebhookKind):
            kind = self.kind.value
        else:
            kind = self.kind

        method: None | str | Unset
        if isinstance(self.method, Unset):
            method = UNSET
        elif isinstance(self.method, WebhookMethod):
            method = self.method.value
        else:
            method = self.method

        name: None | str | Unset
        if isinstance(self.name, Unset):
            name = UNSET
        else:
            name = self.name

        types: list[str] | None | Unset
        if isinstance(self.types, Unset):
            types = UNSET
        elif isinstance(self.types, list):
            types = []
            for types_type_0_item_data in self.types:
                types_type_0_item = types_type_0_item_data.value
                types.append(types_type_0_item)


        else:
            types = self.types

        url: None | str | Unset
        if isinstance(self.url, Unset):
            url = UNSET
        else:
            url = self.url


        field_dict: dict[str, Any] = {}

        field_dict.update({
        })
        if enabled is not UNSET:
            field_dict["enabled"] = enabled
        if filters is not UNSET:
            field_dict["filters"] = filters
        if kind is not UNSET:
            field_dict["kind"] = kind
        if method is not UNSET:
            field_dict["method"] = method
        if name is not UNSET:
            field_dict["name"] = name
        if types is not UNSET:
            field_dict["types"] = types
        if url is not UNSET:
            field_dict["url"] = url

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.filters_body import FiltersBody # noqa: PLC0415
        d = dict(src_dict)
        def _parse_enabled(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        enabled = _parse_enabled(d.pop("enabled", UNSET))


        def _parse_filters(data: object) -> FiltersBody | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                filters_type_0 = FiltersBody.from_dict(data)



                return filters_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(FiltersBody | None | Unset, data)

        filters = _parse_filters(d.pop("filters", UNSET))


        def _parse_kind(data: object) -> None | Unset | WebhookKind:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                kind_type_0 = WebhookKind(data)



                return kind_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Unset | WebhookKind, data)

        kind = _parse_kind(d.pop("kind", UNSET))


        def _parse_method(data: object) -> None | Unset | WebhookMethod:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                method_type_0 = WebhookMethod(data)



                return method_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Unset | WebhookMethod, data)

        method = _parse_method(d.pop("method", UNSET))


        def _parse_name(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        name = _parse_name(d.pop("name", UNSET))


        def _parse_types(data: object) -> list[EventType] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                types_type_0 = []
                _types_type_0 = data
                for types_type_0_item_data in (_types_type_0):
                    types_type_0_item = EventType(types_type_0_item_data)



                    types_type_0.append(types_type_0_item)

                return types_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[EventType] | None | Unset, data)

        types = _parse_types(d.pop("types", UNSET))


        def _parse_url(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        url = _parse_url(d.pop("url", UNSET))


        webhook_body = cls(
            enabled=enabled,
            filters=filters,
            kind=kind,
            method=method,
            name=name,
            types=types,
            url=url,
        )

        return webhook_body

