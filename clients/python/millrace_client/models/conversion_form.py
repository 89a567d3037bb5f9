from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field
import json
from .. import types

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="ConversionForm")



@_attrs_define
class ConversionForm:
    """ The parameters of a conversion.

        Attributes:
            click_id (None | str | Unset): The id of the click that it belongs to. Example:
                cAQAAAAAAAAAAAAAAAAAAAACRAwAAAAAAAAAFZ1xRkERFAwAAAQGq0Fl2yvQ1Zw.
            currency (None | str | Unset): The currency of the value, ISO 4217; the goal's unless given. Example: EUR.
            idempotency_key (None | str | Unset): Tells apart what is added to, or refunded of, one transaction. Example:
                refund-2.
            sig (None | str | Unset): The signature, where the goal has a secret. Example: 9f86d081884c7d65.
            status (None | str | Unset): What became of it, in the words of the goal; `approved` unless given. Example:
                approved.
            transaction_id (None | str | Unset): Its own id at the sender: it is counted once. Example: order-17.
            value (None | str | Unset): Its value, a decimal; a negative one of a known transaction is a refund. Example:
                12.50.
            visitor (None | str | Unset): Without a click id: the visitor's name, as it was sent with clicks. Batch finds
                the click. Example: customer-4711.
     """

    click_id: None | str | Unset = UNSET
    currency: None | str | Unset = UNSET
    idempotency_key: None | str | Unset = UNSET
    sig: None | str | Unset = UNSET
    status: None | str | Unset = UNSET
    transaction_id: None | str | Unset = UNSET
    value: None | str | Unset = UNSET
    visitor: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        click_id: None | str | Unset
        if isinstance(self.click_id, Unset):
            click_id = UNSET
        else:
            click_id = self.click_id

        currency: None | str | Unset
        if isinstance(self.currency, Unset):
            currency = UNSET
        else:
            currency = self.currency

        idempotency_key: None | str | Unset
        if isinstance(self.idempotency_key, Unset):
            idempotency_key = UNSET
        else:
            idempotency_key = self.idempotency_key

        sig: None | str | Unset
        if isinstance(self.sig, Unset):
            sig = UNSET
        else:
            sig = self.sig

        status: None | str | Unset
        if isinstance(self.status, Unset):
            status = UNSET
        else:
            status = self.status

        transaction_id: None | str | Unset
        if isinstance(self.transaction_id, Unset):
            transaction_id = UNSET
        else:
            transaction_id = self.transaction_id

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
        field_dict.update(self.additional_properties)
        field_dict.update({
        })
        if click_id is not UNSET:
            field_dict["click_id"] = click_id
        if currency is not UNSET:
            field_dict["currency"] = currency
        if idempotency_key is not UNSET:
            field_dict["idempotency_key"] = idempotency_key
        if sig is not UNSET:
            field_dict["sig"] = sig
        if status is not UNSET:
            field_dict["status"] = status
        if transaction_id is not UNSET:
            field_dict["transaction_id"] = transaction_id
        if value is not UNSET:
            field_dict["value"] = value
        if visitor is not UNSET:
            field_dict["visitor"] = visitor

        return field_dict


    def to_multipart(self) -> types.RequestFiles:
        files: types.RequestFiles = []

        if not isinstance(self.click_id, Unset):
            if isinstance(self.click_id, str):

                files.append(("click_id", (None, str(self.click_id).encode(), "text/plain")))
            else:
                files.append(("click_id", (None, str(self.click_id).encode(), "text/plain")))


        if not isinstance(self.currency, Unset):
            if isinstance(self.currency, str):

                files.append(("currency", (None, str(self.currency).encode(), "text/plain")))
            else:
                files.append(("currency", (None, str(self.currency).encode(), "text/plain")))


        if not isinstance(self.idempotency_key, Unset):
            if isinstance(self.idempotency_key, str):

                files.append(("idempotency_key", (None, str(self.idempotency_key).encode(), "text/plain")))
            else:
                files.append(("idempotency_key", (None, str(self.idempotency_key).encode(), "text/plain")))


        if not isinstance(self.sig, Unset):
            if isinstance(self.sig, str):

                files.append(("sig", (None, str(self.sig).encode(), "text/plain")))
            else:
                files.append(("sig", (None, str(self.sig).encode(), "text/plain")))


        if not isinstance(self.status, Unset):
            if isinstance(self.status, str):

                files.append(("status", (None, str(self.status).encode(), "text/plain")))
            else:
                files.append(("status", (None, str(self.status).encode(), "text/plain")))


        if not isinstance(self.transaction_id, Unset):
            if isinstance(self.transaction_id, str):

                files.append(("transaction_id", (None, str(self.transaction_id).encode(), "text/plain")))
            else:
                files.append(("transaction_id", (None, str(self.transaction_id).encode(), "text/plain")))


        if not isinstance(self.value, Unset):
            if isinstance(self.value, str):

                files.append(("value", (None, str(self.value).encode(), "text/plain")))
            else:
                files.append(("value", (None, str(self.value).encode(), "text/plain")))


        if not isinstance(self.visitor, Unset):
            if isinstance(self.visitor, str):

                files.append(("visitor", (None, str(self.visitor).encode(), "text/plain")))
            else:
                files.append(("visitor", (None, str(self.visitor).encode(), "text/plain")))



        for prop_name, prop in self.additional_properties.items():
            files.append((prop_name, (None, str(prop).encode(), "text/plain")))



        return files


    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        def _parse_click_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        click_id = _parse_click_id(d.pop("click_id", UNSET))


        def _parse_currency(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        currency = _parse_currency(d.pop("currency", UNSET))


        def _parse_idempotency_key(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        idempotency_key = _parse_idempotency_key(d.pop("idempotency_key", UNSET))


        def _parse_sig(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        sig = _parse_sig(d.pop("sig", UNSET))


        def _parse_status(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        status = _parse_status(d.pop("status", UNSET))


        def _parse_transaction_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        transaction_id = _parse_transaction_id(d.pop("transaction_id", UNSET))


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


        conversion_form = cls(
            click_id=click_id,
            currency=currency,
            idempotency_key=idempotency_key,
            sig=sig,
            status=status,
            transaction_id=transaction_id,
            value=value,
            visitor=visitor,
        )


        conversion_form.additional_properties = d
        return conversion_form

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
