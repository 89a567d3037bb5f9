from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="SqlBody")



@_attrs_define
class SqlBody:
    """ A question in SQL.

        Attributes:
            sql (str): One SELECT over the table `events` (docs/DATA.md): the account's own, settled and live. Example:
                SELECT country, COUNT(*) AS clicks FROM events WHERE type = 'click' GROUP BY country ORDER BY clicks DESC.
            as_of (None | str | Unset): The moment of an answer before: its `meta.as_of`. Example: 0.
            limit (int | None | Unset): Rows at most: more are refused. 10,000 unless given; at most 50,000 as JSON, and 5
                million otherwise. Example: 1000.
            query_id (None | str | Unset): Names the question, so that `DELETE /v1/query/{id}` can take it back while it is
                answered. Example: report-7.
     """

    sql: str
    as_of: None | str | Unset = UNSET
    limit: int | None | Unset = UNSET
    query_id: None | str | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        sql = self.sql

        as_of: None | str | Unset
        if isinstance(self.as_of, Unset):
            as_of = UNSET
        else:
            as_of = self.as_of

        limit: int | None | Unset
        if isinstance(self.limit, Unset):
            limit = UNSET
        else:
            limit = self.limit

        query_id: None | str | Unset
        if isinstance(self.query_id, Unset):
            query_id = UNSET
        else:
            query_id = self.query_id


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "sql": sql,
        })
        if as_of is not UNSET:
            field_dict["as_of"] = as_of
        if limit is not UNSET:
            field_dict["limit"] = limit
        if query_id is not UNSET:
            field_dict["query_id"] = query_id

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        sql = d.pop("sql")

        def _parse_as_of(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        as_of = _parse_as_of(d.pop("as_of", UNSET))


        def _parse_limit(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        limit = _parse_limit(d.pop("limit", UNSET))


        def _parse_query_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        query_id = _parse_query_id(d.pop("query_id", UNSET))


        sql_body = cls(
            sql=sql,
            as_of=as_of,
            limit=limit,
            query_id=query_id,
        )

        return sql_body

