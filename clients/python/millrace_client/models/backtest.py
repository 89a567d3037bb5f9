from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset







T = TypeVar("T", bound="Backtest")



@_attrs_define
class Backtest:
    """ Errors on the past, by rolling origin.

        Attributes:
            coverage_80 (float): Share of values inside the 80 % interval. Example: 0.81.
            coverage_95 (float): Share of values inside the 95 % interval. Example: 0.94.
            mase (float): Mean absolute scaled error. Example: 0.7.
            naive_mase (float): The same of repeating the last season. Example: 1.0.
            origins (int): How many origins were forecast from. Example: 12.
            smape (float): Symmetric mean absolute percentage error. Example: 10.5.
     """

    coverage_80: float
    coverage_95: float
    mase: float
    naive_mase: float
    origins: int
    smape: float





    def to_dict(self) -> dict[str, Any]:
        coverage_80 = self.coverage_80

        coverage_95 = self.coverage_95

        mase = self.mase

        naive_mase = self.naive_mase

        origins = self.origins

        smape = self.smape


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "coverage_80": coverage_80,
            "coverage_95": coverage_95,
            "mase": mase,
            "naive_mase": naive_mase,
            "origins": origins,
            "smape": smape,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        coverage_80 = d.pop("coverage_80")

        coverage_95 = d.pop("coverage_95")

        mase = d.pop("mase")

        naive_mase = d.pop("naive_mase")

        origins = d.pop("origins")

        smape = d.pop("smape")

        backtest = cls(
            coverage_80=coverage_80,
            coverage_95=coverage_95,
            mase=mase,
            naive_mase=naive_mase,
            origins=origins,
            smape=smape,
        )

        return backtest

