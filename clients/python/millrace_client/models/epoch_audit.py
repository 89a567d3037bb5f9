from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast






T = TypeVar("T", bound="EpochAudit")



@_attrs_define
class EpochAudit:
    """ One epoch of one log, or the open end of one.

        Attributes:
            accepted (int): Events that were acknowledged; of the open end as far as known. Example: 400.
            agrees (bool): Whether nothing differs. Example: True.
            batch_counted (int | None): Events in the settled table; `None` if no batch has covered the epoch yet. Example:
                400.
            epoch (int): The epoch; of the open end the first one without a seal. Example: 3.
            live_counted (int | None): Events that the accounts' live cells count; `None` if they cannot be compared.
                Example: 400.
            live_unknown (None | str): Why there is no `live_counted`.
            log (str): The log. Example: 0000000000000000000000002D.
            sealed (bool): Whether it is complete. Example: True.
            seqs (list[int] | None): Its first and last event; of the open end as far as known, `None` if it has none.
                Example: [801, 1200].
            stored (int): Events that raw objects hold; of the open end until now. Example: 400.
     """

    accepted: int
    agrees: bool
    batch_counted: int | None
    epoch: int
    live_counted: int | None
    live_unknown: None | str
    log: str
    sealed: bool
    seqs: list[int] | None
    stored: int





    def to_dict(self) -> dict[str, Any]:
        accepted = self.accepted

        agrees = self.agrees

        batch_counted: int | None
        batch_counted = self.batch_counted

        epoch = self.epoch

        live_counted: int | None
        live_counted = self.live_counted

        live_unknown: None | str
        live_unknown = self.live_unknown

        log = self.log

        sealed = self.sealed

        seqs: list[int] | None
        if isinstance(self.seqs, list):
            seqs = self.seqs


        else:
            seqs = self.seqs

        stored = self.stored


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "accepted": accepted,
            "agrees": agrees,
            "batch_counted": batch_counted,
            "epoch": epoch,
            "live_counted": live_counted,
            "live_unknown": live_unknown,
            "log": log,
            "sealed": sealed,
            "seqs": seqs,
            "stored": stored,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        accepted = d.pop("accepted")

        agrees = d.pop("agrees")

        def _parse_batch_counted(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        batch_counted = _parse_batch_counted(d.pop("batch_counted"))


        epoch = d.pop("epoch")

        def _parse_live_counted(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        live_counted = _parse_live_counted(d.pop("live_counted"))


        def _parse_live_unknown(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        live_unknown = _parse_live_unknown(d.pop("live_unknown"))


        log = d.pop("log")

        sealed = d.pop("sealed")

        def _parse_seqs(data: object) -> list[int] | None:
            if data is None:
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                seqs_type_0 = cast(list[int], data)

                return seqs_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[int] | None, data)

        seqs = _parse_seqs(d.pop("seqs"))


        stored = d.pop("stored")

        epoch_audit = cls(
            accepted=accepted,
            agrees=agrees,
            batch_counted=batch_counted,
            epoch=epoch,
            live_counted=live_counted,
            live_unknown=live_unknown,
            log=log,
            sealed=sealed,
            seqs=seqs,
            stored=stored,
        )

        return epoch_audit

