from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
  from ..models.forecast import Forecast
  from ..models.forecast_meta import ForecastMeta





T = TypeVar("T", bound="Forecasts")



@_attrs_define
class Forecasts:
    """ What the newest run of predictions says.

        Attributes:
            meta (ForecastMeta): What forecasts are of.
            results (list[Forecast]): The forecasts; none is no error.
     """

    meta: ForecastMeta
    results: list[Forecast]





    def to_dict(self) -> dict[str, Any]:
        from ..models.forecast import Forecast # noqa: PLC0415
        from ..models.forecast_meta import ForecastMeta # noqa: PLC0415
        meta = self.meta.to_dict()

        results = []
        for results_item_data in self.results:
            results_item = results_item_data.to_dict()
            results.append(results_item)




        field_dict: dict[str, Any] = {}

        field_dict.update({
            "meta": meta,
            "results": results,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.forecast import Forecast # noqa: PLC0415
        from ..models.forecast_meta import ForecastMeta # noqa: PLC0415
        d = dict(src_dict)
        meta = ForecastMeta.from_dict(d.pop("meta"))




        results = []
        _results = d.pop("results")
        for results_item_data in (_results):
            results_item = Forecast.from_dict(results_item_data)



            results.append(results_item)


        forecasts = cls(
            meta=meta,
            results=results,
        )

        return forecasts

