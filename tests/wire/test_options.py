# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that users type: all are there as promised, documented as they are, and obeyed."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from sandbox.client import Sandbox
from support import tree
from support.facts import NOBODY, UNIQUE_NAME
from support.modules import Modules
from support.relay import recording_proxy

_PLUGINS = "ansible_collections.stackone.onboarding.plugins."
MODULES = sorted(path.stem for path in (tree.ROOT / "plugins" / "modules").glob("*.py"))

# -- what is promised: names, types and defaults are fixed, since playbooks are written against them

Promise = dict[str, tuple[Any, ...]]  # type, default, choices

TRANSPORT: Promise = {
    "ca_path": ("path", None),
    "validate_certs": ("bool", True),
    "request_timeout": ("float", 30.0),
    "wait_timeout": ("float", 300.0),
}
ENTRA: Promise = {
    "tenant_id": ("str", None),
    "auth_method": (
        "str",
        "auto",
        {
            "auto",
            "access_token",
            "client_secret",
            "certificate",
            "workload_identity",
            "managed_identity",
            "azure_cli",
        },
    ),
    "auth_client_id": ("str", None),
    "auth_client_secret": ("str", None),
    "auth_certificate_path": ("path", None),
    "auth_certificate_password": ("str", None),
    "auth_federated_token_file": ("path", None),
    "access_token": ("str", None),
    "cloud": ("str", "public", {"public", "us_government", "us_government_dod", "china"}),
    "graph_url": ("str", None),
    "authority_url": ("str", None),
    **TRANSPORT,
}
SIGN_IN: Promise = {
    **{name: promise for name, promise in ENTRA.items() if name != "access_token"},
    "auth_method": ("str", "auto", ENTRA["auth_method"][2] - {"access_token"}),
}
STACKONE: Promise = {
    "api_key": ("str", None),
    "api_url": ("str", "https://api.stackone.com"),
    **TRANSPORT,
}
STATE = ("str", "present", {"present", "absent"})

PROMISED: dict[str, Promise] = {
    "entra_app": {
        **ENTRA,
        "state": STATE,
        "display_name": ("str", None),
        "unique_name": ("str", None),
        "client_id": ("str", None),
        "object_id": ("str", None),
        "sign_in_audience": (
            "str",
            "AzureADMultipleOrgs",
            {
                "AzureADMyOrg",
                "AzureADMultipleOrgs",
                "AzureADandPersonalMicrosoftAccount",
                "PersonalMicrosoftAccount",
            },
        ),
        "web_redirect_uris": ("list", None),
        "purge_redirect_uris": ("bool", False),
        "api_permissions": ("list", None),
        "purge_api_permissions": ("bool", False),
        "service_principal": ("bool", True),
        "owners": ("list", []),
        "tags": ("list", []),
        "notes": ("str", None),
        "restore_deleted": ("bool", True),
        "purge": ("bool", False),
    },
    "entra_app_secret": {
        **ENTRA,
        "client_id": ("str", None),
        "object_id": ("str", None),
        "state": ("str", "present", {"present", "confirmed", "absent"}),
        "display_name": ("str", None),
        "key_id": ("str", None),
        "lifetime_days": ("int", 180),
        "end_date_time": ("str", None),
        "rotate_before_days": ("int", 30),
        "overlap_days": ("int", 7),
        "orphan_after": ("int", 900),
        "confirm": ("str", "auto", {"auto", "manual"}),
        "recipient": ("str", ""),
        "force": ("bool", False),
        "verify": ("bool", True),
    },
    "entra_admin_consent": {
        **ENTRA,
        "client_id": ("str", None),
        "api_permissions": ("list", None),
        "purge": ("bool", False),
        "state": STATE,
    },
    "stackone_connector_profile": {
        **STACKONE,
        "state": STATE,
        "name": ("str", None),
        "profile_id": ("str", None),
        "connector_key": ("str", "azuredevops"),
        "auth_type": ("str", "OAuth 2.0 (Microsoft Entra ID)"),
        "client_id": ("str", None),
        "client_secret": ("str", None),
        "scopes": ("list", None),
        "actions": ("list", None),
        "environment": ("str", None),
        "active": ("bool", True),
        "default": ("bool", None),
        "pinned_version": ("str", None),
        "update_secrets": ("str", "on_create", {"on_create", "always"}),
    },
    "entra_token": SIGN_IN,
    "entra_app_info": {
        **ENTRA,
        "client_id": ("str", None),
        "object_id": ("str", None),
        "unique_name": ("str", None),
        "display_name": ("str", None),
        "tag": ("str", None),
    },
    "stackone_connector_profile_info": {
        **STACKONE,
        "connector_key": ("str", None),
        "name": ("str", None),
        "profile_id": ("str", None),
    },
    "stackone_action_info": {
        **STACKONE,
        "connector_key": ("str", "azuredevops"),
        "search": ("str", None),
        "actions": ("list", None),
    },
    "stackone_connect_session": {
        **STACKONE,
        "origin_owner_id": ("str", None),
        "origin_owner_name": ("str", None),
        "profile_id": ("str", None),
        "expires_in": ("int", 1800),
        "label": ("str", None),
        "dest": ("path", None),
    },
}
RETURNED: dict[str, set[str]] = {
    "entra_app": {"app", "service_principal"},
    "entra_app_secret": {"secret", "secret_text", "removed"},
    "entra_admin_consent": {"grants", "app_roles", "admin_consent_url"},
    "stackone_connector_profile": {"profile"},
    "entra_token": {"access_token", "expires_on", "auth_method"},
    "entra_app_info": {"apps"},
    "stackone_connector_profile_info": {"profiles"},
    "stackone_action_info": {"actions", "auth_types", "scopes"},
    "stackone_connect_session": {"session", "auth_link_url", "token"},
}
CONTAINED: dict[tuple[str, str], set[str]] = {
    ("entra_app", "app"): {
        "object_id",
        "client_id",
        "display_name",
        "unique_name",
        "sign_in_audience",
        "web_redirect_uris",
        "api_permissions",
        "tags",
        "notes",
    },
    ("entra_app", "service_principal"): {"object_id"},
    ("entra_app_secret", "secret"): {
        "key_id",
        "display_name",
        "hint",
        "start_date_time",
        "end_date_time",
        "confirmed",
        "recipient",
    },
    ("entra_admin_consent", "grants"): {"api", "app_id", "scopes", "grant_id"},
    ("entra_admin_consent", "app_roles"): {"api", "app_id", "roles"},
    ("entra_app_info", "apps"): {
        "service_principal",
        "secrets",
        "grants",
        "owners",
        "publisher_verified",
    },
    ("stackone_action_info", "actions"): {"id", "label", "description", "scopes"},
}

# The variables behind an option; of those named the first that is set wins.
VARIABLES: dict[str, tuple[str, ...]] = {
    "tenant_id": ("AZURE_TENANT_ID", "AZURE_TENANT"),
    "auth_method": ("ENTRA_AUTH_METHOD",),
    "auth_client_id": ("AZURE_CLIENT_ID",),
    "auth_client_secret": ("AZURE_CLIENT_SECRET", "AZURE_SECRET"),
    "auth_certificate_path": ("AZURE_CLIENT_CERTIFICATE_PATH",),
    "auth_certificate_password": ("AZURE_CLIENT_CERTIFICATE_PASSWORD",),
    "auth_federated_token_file": ("AZURE_FEDERATED_TOKEN_FILE",),
    "access_token": ("ENTRA_ACCESS_TOKEN",),
    "cloud": ("ENTRA_CLOUD",),
    "graph_url": ("ENTRA_GRAPH_URL",),
    "authority_url": ("ENTRA_AUTHORITY_URL",),
    "api_key": ("STACKONE_API_KEY",),
    "api_url": ("STACKONE_API_URL",),
    "ca_path": ("REQUESTS_CA_BUNDLE",),
}
SECRET = {
    "auth_client_secret",
    "auth_certificate_password",
    "access_token",
    "api_key",
    "client_secret",
}


def module(name: str) -> Any:
    return importlib.import_module(f"{_PLUGINS}modules.{name}")


def argspec() -> Any:
    return importlib.import_module(f"{_PLUGINS}module_utils._argspec")


def fragment(name: str, part: str = "DOCUMENTATION") -> dict[str, Any]:
    fragments = importlib.import_module(f"{_PLUGINS}doc_fragments.{name}")
    return dict(yaml.safe_load(getattr(fragments.ModuleDocFragment, part))["options"])


@pytest.mark.parametrize("name", PROMISED)
def test_promised_options_are_there_with_their_defaults(name: str) -> None:
    spec = module(name).DEFINITION.argument_spec
    for option, (kind, default, *choices) in PROMISED[name].items():
        has = spec[option]
        assert (has["type"], has.get("default")) == (kind, default), option
        assert set(has.get("choices", ())) == (choices[0] if choices else set()), option


@pytest.mark.parametrize("name", ["entra_app", "entra_admin_consent"])
def test_promised_form_of_a_permission(name: str) -> None:
    options = module(name).DEFINITION.argument_spec["api_permissions"]["options"]
    assert set(options) == {"api", "delegated", "application"}
    assert options["api"]["required"]
    assert (options["delegated"]["default"], options["application"]["default"]) == ([], [])


@pytest.mark.parametrize("name", RETURNED)
def test_promised_results_are_documented(name: str) -> None:
    documented = yaml.safe_load(module(name).RETURN)
    assert set(documented) >= RETURNED[name]
    for (owner, key), inner in CONTAINED.items():
        if owner == name:
            assert set(documented[key]["contains"]) >= inner


@pytest.mark.parametrize("name", MODULES)
def test_secret_options_are_marked_and_others_are_not(name: str) -> None:
    for option, has in module(name).DEFINITION.argument_spec.items():
        assert bool(has.get("no_log")) is (option in SECRET), option


def test_modules_that_return_a_secret_say_so() -> None:
    secret = {name: set(module(name).DEFINITION.secret_results) for name in MODULES}
    assert {name: keys for name, keys in secret.items() if keys} == {
        "entra_app_secret": {"secret_text"},
        "entra_token": {"access_token"},
        "stackone_connect_session": {"auth_link_url", "token"},
    }


# -- table, fragments, documentation and argument specs say the same


@pytest.mark.parametrize(
    ("table", "name", "part"),
    [
        ("ENTRA", "entra", "DOCUMENTATION"),
        ("SIGN_IN", "entra", "SIGN_IN"),
        ("STACKONE", "stackone", "DOCUMENTATION"),
    ],
)
def test_fragment_documents_its_table(table: str, name: str, part: str) -> None:
    options = getattr(argspec(), table)
    documented = fragment(name, part)
    assert list(documented) == list(options)
    for option, has in options.items():
        shown = documented[option]
        assert shown["type"] == has["type"], option
        assert shown.get("default") == has.get("default"), option
        assert shown.get("choices") == has.get("choices"), option
        named = re.findall(r"E\((\w+)\)", str(shown["description"]))
        assert tuple(named) == tuple(has.get("env", ())), option


@pytest.mark.parametrize("table", ["ENTRA", "SIGN_IN", "STACKONE"])
def test_table_names_the_promised_variables_first(table: str) -> None:
    for option, has in getattr(argspec(), table).items():
        promised = VARIABLES.get(option, ())
        assert tuple(has.get("env", ()))[: len(promised)] == promised, option


@pytest.mark.parametrize("name", MODULES)
def test_documentation_says_what_the_argument_spec_says(name: str) -> None:
    documented = yaml.safe_load(module(name).DOCUMENTATION)
    options = dict(documented.get("options", {}))
    for used in documented["extends_documentation_fragment"]:
        _namespace, _collection, plugin, *part = used.split(".")
        options.update(fragment(plugin, (part or ["documentation"])[0].upper()))
    assert_same(options, module(name).DEFINITION.argument_spec)


def assert_same(documented: dict[str, Any], spec: dict[str, Any]) -> None:
    assert set(documented) == set(spec)
    for option, has in spec.items():
        shown = documented[option]
        for key in ("type", "elements", "default", "choices"):
            assert shown.get(key) == has.get(key), (option, key)
        assert bool(shown.get("required")) == bool(has.get("required")), option
        if "options" in has:
            assert_same(shown["suboptions"], has["options"])


@pytest.mark.parametrize("name", MODULES)
def test_group_membership_is_documented_as_it_is(name: str) -> None:
    groups = yaml.safe_load((tree.ROOT / "meta" / "runtime.yml").read_text("utf-8"))[
        "action_groups"
    ]
    mine = {group for group, members in groups.items() if name in members}
    used = yaml.safe_load(module(name).DOCUMENTATION)["extends_documentation_fragment"]
    documented = {
        ("entra_group",): {"entra"},
        ("stackone_group",): {"stackone"},
        ("both_groups",): {"entra", "stackone"},
    }[tuple(part.split(".")[-1] for part in used if part.endswith(("_group", "_groups")))]
    assert mine == documented
    assert mine == ({"entra", "stackone"} if name == "connector_info" else {name.split("_")[0]})


# -- connection options on the wire


@dataclass(frozen=True)
class Connection:
    """An option with a value that does not work; the sandbox's own value does."""

    option: str
    wrong: str
    service: str = "entra"
    right: Callable[[Modules, Sandbox], str] | None = None

    @property
    def variables(self) -> tuple[str, ...]:
        return VARIABLES[self.option]

    def right_value(self, modules: Modules, sandbox: Sandbox) -> str:
        return self.right(modules, sandbox) if self.right else sandbox.env()[self.variables[0]]

    @property
    def module(self) -> str:
        return "entra_app_info" if self.service == "entra" else "stackone_connector_profile_info"


def token(modules: Modules, sandbox: Sandbox) -> str:
    return str(modules.entra_token().ok()["access_token"])


NOWHERE = "https://127.0.0.1:9"
CONNECTIONS = [
    Connection("tenant_id", NOBODY),
    Connection("auth_client_id", NOBODY),
    Connection("auth_client_secret", "wr0ng~secret~text"),
    Connection("auth_method", "certificate", right=lambda modules, sandbox: "client_secret"),
    Connection("access_token", "wr0ng.token.text", right=token),
    Connection("graph_url", NOWHERE),
    Connection("authority_url", NOWHERE),
    Connection("cloud", "china", right=lambda modules, sandbox: "public"),
    Connection("ca_path", "/nowhere.pem"),
    Connection("api_key", "v1.eu1.wr0ng~key", "stackone"),
    Connection("api_url", NOWHERE, "stackone"),
    Connection("ca_path", "/nowhere.pem", "stackone"),
]
IDS = [f"{item.service}-{item.option}" for item in CONNECTIONS]
# Only a token that is given serves these, so that a wrong one is not mended by signing in.
ONLY = {"access_token": {"AZURE_CLIENT_SECRET": None, "AZURE_CLIENT_ID": None}}


def environment(modules: Modules, connection: Connection, **values: str | None) -> dict[str, str]:
    """The sandbox's variables, with only these for the option."""
    cleared = dict.fromkeys(connection.variables, None)
    changes = {**ONLY.get(connection.option, {}), **cleared, **values}
    return {**modules.environment(**changes), "PATH": "/nowhere"}


@pytest.mark.parametrize("connection", CONNECTIONS, ids=IDS)
def test_option_on_the_task(modules: Modules, sandbox: Sandbox, connection: Connection) -> None:
    right = connection.right_value(modules, sandbox)
    bare = environment(modules, connection)
    options = {"unique_name": UNIQUE_NAME} if connection.service == "entra" else {}
    given = {**options, connection.option: right}
    modules.call(connection.module, given, environment=bare).ok()
    wrong = {**options, connection.option: connection.wrong}
    call = modules.call(connection.module, wrong, environment=bare)
    call.refused()


@pytest.mark.parametrize("connection", CONNECTIONS, ids=IDS)
def test_option_in_the_environment(
    modules: Modules, sandbox: Sandbox, connection: Connection
) -> None:
    right = connection.right_value(modules, sandbox)
    for variable in connection.variables:
        held = environment(modules, connection, **{variable: right})
        modules.call(connection.module, {}, environment=held).ok()
        held = environment(modules, connection, **{variable: connection.wrong})
        modules.call(connection.module, {}, environment=held).refused()


@pytest.mark.parametrize("connection", CONNECTIONS, ids=IDS)
def test_task_counts_before_the_environment(
    modules: Modules, sandbox: Sandbox, connection: Connection
) -> None:
    right = connection.right_value(modules, sandbox)
    for variable in connection.variables:
        held = environment(modules, connection, **{variable: connection.wrong})
        modules.call(connection.module, {connection.option: right}, environment=held).ok()


@pytest.mark.parametrize(
    "connection",
    [item for item in CONNECTIONS if len(item.variables) > 1],
    ids=lambda item: item.option,
)
def test_first_variable_that_is_set_wins(
    modules: Modules, sandbox: Sandbox, connection: Connection
) -> None:
    """AWX injects empty ones for fields that are left blank: these count as not set."""
    right = connection.right_value(modules, sandbox)
    first, second = connection.variables
    for values, works in (
        ({first: right, second: connection.wrong}, True),
        ({first: connection.wrong, second: right}, False),
        ({first: "", second: right}, True),
    ):
        held = environment(modules, connection, **values)
        call = modules.call(connection.module, {}, environment=held)
        assert call.failed is not works


def test_tenant_by_its_domain(modules: Modules, sandbox: Sandbox) -> None:
    modules.entra_token(tenant_id="contoso.onmicrosoft.com").ok()
    discovery, token = sandbox.requests()
    assert discovery["path"].startswith("/contoso.onmicrosoft.com/")
    assert token["status"] == 200


def test_certificate_from_the_environment(
    modules: Modules, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> None:
    made = sandbox.certificate()
    path = tmp_path_factory.mktemp("certificate") / "automation.pem"
    path.write_text(made["private_key"] + made["certificate"], "utf-8")
    held = modules.environment(AZURE_CLIENT_SECRET=None, AZURE_CLIENT_CERTIFICATE_PATH=str(path))
    assert modules.call("entra_token", {}, environment=held).ok()["auth_method"] == "certificate"


@pytest.mark.parametrize("slash", ["", "/"])
def test_addresses_may_end_in_a_slash(modules: Modules, sandbox: Sandbox, slash: str) -> None:
    modules.entra_app_info(
        graph_url=sandbox.graph_url + slash, authority_url=sandbox.authority_url + slash
    ).ok()
    modules.stackone_connector_profile_info(api_url=sandbox.stackone_url + slash).ok()
    assert not [item for item in sandbox.requests() if "//" in item["path"]]


# -- clouds

CLOUDS = {
    "public": ("graph.microsoft.com", "login.microsoftonline.com"),
    "us_government": ("graph.microsoft.us", "login.microsoftonline.us"),
    "us_government_dod": ("dod-graph.microsoft.us", "login.microsoftonline.us"),
    "china": ("microsoftgraph.chinacloudapi.cn", "login.partner.microsoftonline.cn"),
}


def connected_to(modules: Modules, **options: Any) -> set[str]:
    """The hosts that a look at an application connects to, by the proxy that is in its way."""
    hosts: list[str] = []
    with recording_proxy(hosts) as proxy:
        held = modules.environment(
            HTTPS_PROXY=f"http://127.0.0.1:{proxy.port}",
            ENTRA_GRAPH_URL=None,
            ENTRA_AUTHORITY_URL=None,
        )
        modules.call("entra_app_info", options, environment=held).refused()
    return set(hosts)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_each_cloud_has_its_endpoints(modules: Modules, cloud: str) -> None:
    graph, login = CLOUDS[cloud]
    assert connected_to(modules, cloud=cloud) == {f"{login}:443"}
    assert connected_to(modules, cloud=cloud, access_token="a.given.token") == {f"{graph}:443"}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_token_is_for_the_clouds_graph(modules: Modules, sandbox: Sandbox, cloud: str) -> None:
    """Also where both addresses are overridden: the resource is the cloud's own."""
    modules.entra_token(cloud=cloud)
    (form,) = [item["body"] for item in sandbox.requests() if item["path"].endswith("/token")]
    assert form["scope"] == f"https://{CLOUDS[cloud][0]}/.default"


def test_unknown_cloud(modules: Modules, sandbox: Sandbox) -> None:
    modules.entra_app_info(cloud="germany").refused("cloud", "germany", "us_government_dod")
    assert sandbox.requests() == []
