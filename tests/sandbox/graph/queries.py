# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists and reads: $filter, $search, $orderby, $select, $expand, $top, $count and paging.

Source: learn.microsoft.com/graph/aad-advanced-queries, with the error texts that it shows.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from ..messages import Answer, Request
from ..replication import Record
from .access import Call
from .errors import bad_request, unsupported_query
from .filters import FilterParser

SEARCH_NEEDS_HEADER = (
    "Request with $search query parameter only works through MSGraph with a special request header:"
    " 'ConsistencyLevel: eventual'"
)
KEPT_IN_PATHS = "/$()'="  # what a next link does not encode
Expander = Callable[[Record], Any]


@dataclass(frozen=True)
class Resource:
    """A type of Graph's and what can be asked of its lists."""

    name: str  # as error texts say it
    set_name: str  # as @odata.context says it
    filterable: frozenset[str]
    sortable: frozenset[str] = frozenset({"displayName", "createdDateTime", "deletedDateTime"})
    odata_type: str = ""
    expanders: dict[str, Expander] = field(default_factory=dict)
    derived: frozenset[str] = frozenset()  # what only some of its derived types have


def is_advanced(request: Request) -> bool:
    return request.headers.get("consistencylevel", "").lower() == "eventual"


def answer_list(call: Call, resource: Resource, records: list[Record], page_size: int) -> Answer:
    """A page of the records that the request asks for."""
    query = call.request.query
    found = [
        shape(call, resource, record) for record in select_records(call.request, resource, records)
    ]
    size = _page_size(query, page_size)
    start = _decode_skiptoken(query.get("$skiptoken"))
    body: dict[str, Any] = call.context(_list_context(resource, query))
    if query.get("$count") == "true" and is_advanced(call.request):
        body["@odata.count"] = len(found)
    if start + size < len(found):
        body["@odata.nextLink"] = _next_link(call, start + size)
    body["value"] = found[start : start + size]
    return Answer(200, body)


def answer_count(call: Call, resource: Resource, records: list[Record]) -> Answer:
    """The $count segment: a bare number, with the advanced header only."""
    if not is_advanced(call.request):
        raise bad_request("$count is not currently supported.")
    return Answer(200, str(len(select_records(call.request, resource, records))))


def answer_one(call: Call, resource: Resource, record: Record, status: int = 200) -> Answer:
    select = call.request.query.get("$select")
    columns = f"({select})" if select else ""
    body = {
        **call.context(f"{resource.set_name}{columns}/$entity"),
        **shape(call, resource, record),
    }
    return Answer(status, body)


def select_records(request: Request, resource: Resource, records: list[Record]) -> list[Record]:
    """The records that pass $filter and $search, in the order of $orderby."""
    query = request.query
    counted = is_advanced(request) and query.get("$count") == "true"
    if "$skip" in query:
        raise unsupported_query("The query parameter $skip is not supported.")
    if "$filter" in query:
        parsed = FilterParser(query["$filter"], resource.name, resource.filterable).parse()
        if parsed.advanced and not (
            counted or (request.path.endswith("/$count") and is_advanced(request))
        ):
            raise unsupported_query(
                "Operator is not supported because the required parameters might be missing."
            )
        records = [record for record in records if parsed.matches(record)]
    if "$search" in query:
        if not is_advanced(request):
            raise unsupported_query(SEARCH_NEEDS_HEADER)
        records = _searched(query["$search"], records)
    if "$orderby" in query:
        if not counted:
            raise unsupported_query("Sorting not supported for current query.")
        records = _ordered(query["$orderby"], resource, records)
    return records


def shape(call: Call, resource: Resource, record: Record) -> dict[str, Any]:
    """A record as it leaves: nothing hidden, and what $select and $expand ask for."""
    select = call.request.query.get("$select")
    names = [name.strip() for name in select.split(",")] if select else None
    shown = {name: value for name, value in record.items() if not name.startswith("_")}
    if "keyCredentials" in shown and "keyCredentials" not in (names or []):
        # The public key comes only when it is selected (application resource, keyCredentials).
        shown["keyCredentials"] = [{**each, "key": None} for each in shown["keyCredentials"]]
    if names is not None:
        known = {*shown, *resource.derived}
        unknown = [name for name in names if name not in known and not name.startswith("@odata")]
        if unknown:
            raise bad_request(
                f"Could not find a property named '{unknown[0]}' on type"
                f" 'microsoft.graph.{resource.odata_type}'."
            )
        shown = {name: shown[name] for name in names if name in shown}
    for name in re.findall(r"(\w+)(?:\([^)]*\))?(?:,|$)", call.request.query.get("$expand", "")):
        if name not in resource.expanders:
            raise bad_request(
                f"Parsing OData Select and Expand failed: Could not find a property named '{name}'."
            )
        shown[name] = resource.expanders[name](record)
    return shown


def _searched(text: str, records: list[Record]) -> list[Record]:
    """`"displayName:word"`: words of the name that begin with the word."""
    match = re.fullmatch(r'"displayName:(.*)"', text.strip())
    if match is None:
        raise bad_request(f"Syntax error: character ':' is not valid at position 0 in '{text}'.")
    wanted = match[1].lower()
    pattern = re.compile(rf"(?:^|\W){re.escape(wanted)}")
    return [
        record for record in records if pattern.search((record.get("displayName") or "").lower())
    ]


def _ordered(text: str, resource: Resource, records: list[Record]) -> list[Record]:
    for clause in reversed(text.split(",")):
        name, _unused, direction = clause.strip().partition(" ")
        if name not in resource.sortable:
            raise unsupported_query("Sorting not supported for current query.")
        records = sorted(
            records,
            key=lambda each: str(each.get(name) or "").lower(),
            reverse=direction.strip() == "desc",
        )
    return records


def _page_size(query: dict[str, str], default: int) -> int:
    size = int(query.get("$top", default))
    if not 1 <= size <= 999:
        raise unsupported_query(
            f"Invalid page size specified: '{size}'. Must be between 1 and 999 inclusive."
        )
    return size


def _list_context(resource: Resource, query: dict[str, str]) -> str:
    return resource.set_name + (f"({query['$select']})" if "$select" in query else "")


def _next_link(call: Call, start: int) -> str:
    token = base64.urlsafe_b64encode(json.dumps(["page", start]).encode()).decode().rstrip("=")
    query = urlencode({**call.request.query, "$skiptoken": token}, quote_via=quote, safe="$")
    return f"{call.request.root}{quote(call.request.path, safe=KEPT_IN_PATHS)}?{query}"


def _decode_skiptoken(token: str | None) -> int:
    if token is None:
        return 0
    try:
        page, start = json.loads(base64.urlsafe_b64decode(token + "=="))
        return int(start) if page == "page" else 0
    except (ValueError, TypeError):
        raise bad_request("Skip token is null or invalid.") from None
