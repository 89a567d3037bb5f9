from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast






T = TypeVar("T", bound="Delivery")



@_attrs_define
class Delivery:
    """ One try to deliver a message.

        Attributes:
            at (str): When it was sent. Example: 2026-01-02T03:04:05Z.
            attempt (int): Which try it was. Example: 1.
            delivered (bool): Whether the receiver took it.
            error (None | str): Why it was not taken; null: it was.
            id (str): Id of the message, the same at each try: the header `webhook-id`. Example:
                msg_0000000000004_0000000000000000000000002D-3.
            status (int | None): Status of the answer; null: there was none. Example: 204.
            took_ms (int): How long it took, milliseconds. Example: 41.
            type_ (str): Its type. Example: conversion.created.
     """

    at: str
    attempt: int
    delivered: bool
    error: None | str
    id: str
    status: int | None
    took_ms: int
    type_: str





    def to_dict(self) -> dict[str, Any]:
        at = self.at

        attempt = self.attempt

        delivered = self.delivered

        error: None | str
        error = self.error

        id = self.id

        status: int | None
        status = self.status

        took_ms = self.took_ms

        type_ = self.type_


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "at": at,
            "attempt": attempt,
            "delivered": delivered,
            "error": error,
            "id": id,
            "status": status,
            "took_ms": took_ms,
            "type": type_,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        at = d.pop("at")

        attempt = d.pop("attempt")

        delivered = d.pop("delivered")

        def _parse_error(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        error = _parse_error(d.pop("error"))


        id = d.pop("id")

        def _parse_status(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        status = _parse_status(d.pop("status"))


        took_ms = d.pop("took_ms")

        type_ = d.pop("type")

        delivery = cls(
            at=at,
            attempt=attempt,
            delivered=delivered,
            error=error,
            id=id,
            status=status,
            took_ms=took_ms,
            type_=type_,
        )

        return delivery

