# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in of AWX's API: what the modules of awx.awx ask of it, kept in memory.

It knows no model of AWX but names, organizations, associations, surveys, the encryption of a
credential's secrets, and what AWX refuses in credential types, credentials and surveys.
"""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from awx.contract import credential_errors, credential_type_errors, survey_errors

TOKEN = "awx-token-of-a-test"
ENCRYPTED = "$encrypted$"

Item = dict[str, Any]

# What there is to launch, and what each collection of the API calls the type of its items.
LAUNCHED = ("projects", "job_templates", "workflow_job_templates", "inventory_sources")
TYPES = {"inventories": "inventory"}
ASSOCIATIONS = {
    "credentials",
    "instance_groups",
    "galaxy_credentials",
    "success_nodes",
    "failure_nodes",
    "always_nodes",
}
REFERENCES = {
    "organization": "organizations",
    "credential_type": "credential_types",
    "credential": "credentials",
    "inventory": "inventories",
    "project": "projects",
    "source_project": "projects",
    "execution_environment": "execution_environments",
    "default_environment": "execution_environments",
    "workflow_job_template": "workflow_job_templates",
}
APPROVAL_FIELDS = ("name", "description", "timeout")


class Refused(Exception):
    """An answer of 400 or 404, with its body."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(body)
        self.status = status
        self.body = body


class Awx:
    """``with Awx() as awx``: ``awx.url`` and ``awx.items``, by collection of the API and id."""

    def __init__(self) -> None:
        self.items: dict[str, dict[int, Item]] = {}
        self.associated: dict[tuple[str, int, str], list[int]] = {}
        self.surveys: dict[int, Any] = {}
        self.secrets: dict[int, Item] = {}
        self.writes: list[str] = []
        self._last_id = 0
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        galaxy = {"name": "Ansible Galaxy/Automation Hub API Token", "inputs": {"fields": []}}
        kind = self.add("credential_types", galaxy)
        self.add("credentials", {"name": "Ansible Galaxy", "credential_type": kind["id"]})

    def __enter__(self) -> Awx:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def named(self, collection: str, name: str) -> Item:
        (found,) = [i for i in self.items.get(collection, {}).values() if i["name"] == name]
        return found

    def names(self, collection: str) -> list[str]:
        return sorted(item["name"] for item in self.items.get(collection, {}).values())

    def linked(self, collection: str, item: Item, association: str) -> list[int]:
        return self.associated.get((collection, item["id"], association), [])

    def add(self, name: str, body: Item) -> Item:
        """One more item, which others refer to by its id."""
        self._check(name, body)
        self._last_id += 1
        item = {"id": self._last_id, **self._stored(name, self._last_id, body)}
        self.items.setdefault(name, {})[item["id"]] = item
        return item

    def answer(self, method: str, target: str, body: Item) -> tuple[int, Any]:
        url = urlsplit(target)
        parts = url.path.removeprefix("/api/v2/").strip("/").split("/")
        with self._lock:
            if method != "GET":
                self.writes.append(f"{method} {url.path}")
            if len(parts) == 1:
                return self._on_collection(method, parts[0], dict(parse_qsl(url.query)), body)
            if len(parts) == 2:
                return self._on_item(method, parts[0], int(parts[1]), body)
            return self._below_item(method, parts[0], int(parts[1]), parts[2], body)

    def _on_collection(self, method: str, name: str, query: Item, body: Item) -> tuple[int, Any]:
        if method == "POST":
            return 201, self._shown(name, self.add(name, body))
        if name == "unified_job_templates":
            pairs = [(kind, item) for kind in LAUNCHED for item in self._of(kind)]
        else:
            pairs = [(name, item) for item in self._of(name)]
        found = [self._shown(kind, item) for kind, item in pairs if _fits(kind, item, query)]
        return 200, _page(found)

    def _on_item(self, method: str, name: str, key: int, body: Item) -> tuple[int, Any]:
        item = self._get(name, key)
        if method == "PATCH":
            self._check(name, {**item, **body})
            item.update(self._stored(name, key, body))
        return 200, self._shown(name, item)

    def _below_item(
        self, method: str, name: str, key: int, below: str, body: Item
    ) -> tuple[int, Any]:
        item = self._get(name, key)
        if below == "survey_spec":
            if method == "POST":
                _refuse_if(survey_errors(body), "error")
                self.surveys[key] = body
            return 200, self.surveys.get(key, {})
        if below == "create_approval_template":
            made = self.add("workflow_approval_templates", _of_approval(body))
            item["unified_job_template"] = made["id"]
            return 201, self._shown("workflow_approval_templates", made)
        if below not in ASSOCIATIONS:
            raise Refused(404, {"detail": "Not found."})
        linked = self.associated.setdefault((name, key, below), [])
        of = "workflow_job_template_nodes" if below.endswith("_nodes") else below
        of = "credentials" if of == "galaxy_credentials" else of
        if method == "GET":
            return 200, _page([self._shown(of, self._get(of, other)) for other in linked])
        self._get(of, body["id"])
        if body.get("disassociate"):
            linked.remove(body["id"])
        else:
            linked.append(body["id"])
        return 204, None

    def _of(self, name: str) -> list[Item]:
        return list(self.items.get(name, {}).values())

    def _get(self, name: str, key: int) -> Item:
        try:
            return self.items[name][key]
        except KeyError:
            raise Refused(404, {"detail": "Not found."}) from None

    def _check(self, name: str, body: Item) -> None:
        for field, of in REFERENCES.items():
            if body.get(field) is not None and body[field] not in self.items.get(of, {}):
                raise Refused(400, {field: [f"Invalid pk {body[field]}"]})
        if name == "credential_types" and "injectors" in body:
            _refuse_if(credential_type_errors(body["inputs"], body["injectors"]), "inputs")
        if name == "credentials" and "inputs" in body:
            kind = self._get("credential_types", body["credential_type"])
            _refuse_if(credential_errors(kind, body["inputs"]), "inputs")

    def _stored(self, name: str, key: int, body: Item) -> Item:
        if name == "workflow_approval_templates":
            return _of_approval(body)
        if name == "credentials" and "inputs" in body:
            self.secrets.setdefault(key, {}).update(body["inputs"])
        return dict(body)

    def _shown(self, name: str, item: Item) -> Item:
        url = f"/api/v2/{name}/{item['id']}/"
        related = {"survey_spec": f"{url}survey_spec/"}
        if name == "workflow_job_template_nodes" and "unified_job_template" in item:
            template = item["unified_job_template"]
            (of,) = [kind for kind, items in self.items.items() if template in items]
            related["unified_job_template"] = f"/api/v2/{of}/{template}/"
        shown = {**item, "url": url, "type": _type(name), "related": related, "summary_fields": {}}
        if name == "projects":
            shown["scm_revision"] = ""
        if name == "credentials" and "inputs" in item:
            shown["inputs"] = self._encrypted(item)
        return shown

    def _encrypted(self, credential: Item) -> Item:
        kind = self._get("credential_types", credential["credential_type"])
        secret = {field["id"] for field in kind["inputs"]["fields"] if field.get("secret")}
        return {
            name: ENCRYPTED if name in secret and value else value
            for name, value in credential["inputs"].items()
        }


def _fits(name: str, item: Item, query: Item) -> bool:
    known = {**item, "type": _type(name)}
    return all(str(known.get(field)) == value for field, value in query.items())


def _type(collection: str) -> str:
    return TYPES.get(collection, collection.removesuffix("s"))


def _of_approval(body: Item) -> Item:
    return {field: body[field] for field in APPROVAL_FIELDS if field in body}


def _page(items: list[Item]) -> Item:
    return {"count": len(items), "next": None, "previous": None, "results": items}


def _refuse_if(errors: list[str], field: str) -> None:
    if errors:
        raise Refused(400, {field: errors})


def _handler(awx: Awx) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            try:
                if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                    raise Refused(401, {"detail": "Authentication credentials were not provided."})
                if not re.match("/api/v2/[a-z_]+/", self.path):
                    raise Refused(404, {"detail": "Not found."})
                status, answer = awx.answer(self.command, self.path, body)
            except Refused as refusal:
                status, answer = refusal.status, refusal.body
            payload = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("X-API-Product-Name", "AWX")
            self.send_header("X-API-Product-Version", "24.6.1")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        do_GET = do_POST = do_PATCH = _serve

        def log_message(self, *_arguments: Any) -> None:
            pass

    return Handler
