from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset







T = TypeVar("T", bound="ForecastPoint")



@_attrs_define
class ForecastPoint:
    """ One point: `lower_95 ≤ lower_80 ≤ value ≤ upper_80 ≤ upper_95`.

        Attributes:
            lower_80 (float): Lower end of the 80 % interval. Example: 100.0.
            lower_95 (float): Lower end of the 95 % interval. Example: 89.5.
            time (str): Start of the hour or day. Example: 2026-01-02T04:00:00Z.
            upper_80 (float): Upper end of the 80 % interval. Example: 141.0.
            upper_95 (float): Upper end of the 95 % interval. Example: 152.0.
            value (float): What is expected. Example: 120.5.
     """

    lower_80: float
    lower_95: float
    time: str
    upper_80: float
    upper_95: float
    value: float





    def to_dict(self) -> dict[str, Any]:
        lower_80 = self.lower_80

        lower_95 = self.lower_95

        time = self.time

        upper_80 = self.upper_80

        upper_95 = self.upper_95

        value = self.value


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "lower_80": lower_80,
            "lower_95": lower_95,
            "time": time,
            "upper_80": upper_80,
            "upper_95": upper_95,
            "value": value,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        lower_80 = d.pop("lower_80")

        lower_95 = d.pop("lower_95")

        time = d.pop("time")

        upper_80 = d.pop("upper_80")

        upper_95 = d.pop("upper_95")

        value = d.pop("value")

        forecast_point = cls(
            lower_80=lower_80,
            lower_95=lower_95,
            time=time,
            upper_80=upper_80,
            upper_95=upper_95,
            value=value,
        )

        return forecast_point

