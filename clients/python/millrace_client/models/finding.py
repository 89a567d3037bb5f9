from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.finding_kind import FindingKind
from typing import cast






T = TypeVar("T", bound="Finding")



@_attrs_define
class Finding:
    """ One difference.

        Attributes:
            detail (str): For people.
            epoch (int | None): The epoch, if it is of one.
            kind (FindingKind): What kind of difference.
            log (None | str): The log, if it is of one. Example: 0000000000000000000000002D.
            seqs (list[list[int]]): The events, as first and last numbers.
     """

    detail: str
    epoch: int | None
    kind: FindingKind
    log: None | str
    seqs: list[list[int]]





    def to_dict(self) -> dict[str, Any]:
        detail = self.detail

        epoch: int | None
        epoch = self.epoch

        kind = self.kind.value

        log: None | str
        log = self.log

        seqs = []
        for seqs_item_data in self.seqs:
            seqs_item = seqs_item_data


            seqs.append(seqs_item)




        field_dict: dict[str, Any] = {}

        field_dict.update({
            "detail": detail,
            "epoch": epoch,
            "kind": kind,
            "log": log,
            "seqs": seqs,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        detail = d.pop("detail")

        def _parse_epoch(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        epoch = _parse_epoch(d.pop("epoch"))


        kind = FindingKind(d.pop("kind"))




        def _parse_log(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        log = _parse_log(d.pop("log"))


        seqs = []
        _seqs = d.pop("seqs")
        for seqs_item_data in (_seqs):
            seqs_item = cast(list[int], seqs_item_data)

            seqs.append(seqs_item)


        finding = cls(
            detail=detail,
            epoch=epoch,
            kind=kind,
            log=log,
            seqs=seqs,
        )

        return finding

