"""What a connector kind is: one class with its configuration, secrets and schedule rules."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from annotated_types import Len, MaxLen
from cryptography import x509
from pydantic import AfterValidator, model_validator
from pydantic_core import PydanticCustomError

from app.core.schema import UI, Matching, Schema, at
from app.data_sources.addresses import WebAddress, host_of, is_private
from app.data_sources.probes import Finding

INSIDE = "This address lies inside the network. Switch on “Allow addresses inside this network”."
AUTH = {
    "none": "Nothing", "bearer_token": "A token", "api_key_header": "A key in a header",
    "basic": "User name and password", "oauth2_client_credentials": "OAuth 2 client credentials",
}  # fmt: skip


OAUTH = ("oauth2_client_credentials",)


def _certificate(text: str) -> str:
    try:
        x509.load_pem_x509_certificates(text.encode())
    except ValueError:
        raise PydanticCustomError(
            "certificate", "Paste the certificate as PEM, from -----BEGIN CERTIFICATE----- on."
        ) from None
    return text


class NetworkConfig(Schema):
    """What every kind that asks another server has."""

    base_url: Annotated[
        WebAddress,
        UI("Address", "Where the server answers, such as https://ehr.example/fhir.", widget="text"),
    ]
    allow_private: Annotated[
        bool,
        UI("Allow addresses inside this network",
           "Needed for a server in the clinic itself. Off keeps Ward from reaching inwards."),
    ] = False  # fmt: skip
    ca_certificate: Annotated[
        str | None, MaxLen(50_000), AfterValidator(lambda t: _certificate(t) if t else None),
        UI("Own certificate authority", "As PEM, where the server’s certificate is your own.",
           widget="textarea"),
    ] = None  # fmt: skip

    def addresses(self) -> dict[str, str]:
        """Field -> address of what would be asked."""
        return {"base_url": self.base_url}

    @model_validator(mode="after")
    def _stays_outside(self) -> Self:
        for name, url in self.addresses().items():
            if not self.allow_private and is_private(host_of(url)):
                raise at(name, INSIDE)
        return self


class AuthConfig(NetworkConfig):
    """How Ward signs in at the other side."""

    auth_type: Annotated[
        Literal["none", "bearer_token", "api_key_header", "basic", "oauth2_client_credentials"],
        UI("Signs in with", "What the other side asks Ward for.", options=AUTH),
    ] = "none"  # fmt: skip
    auth_header: Annotated[
        str | None, Matching(r"^[A-Za-z0-9-]{1,64}$", "Use letters, digits and -, such as X-API-Key."),
        UI("Header", "Such as X-API-Key.", when=("api_key_header",)),
    ] = None  # fmt: skip
    auth_token: Annotated[
        str | None, MaxLen(8192), UI("Token or key", secret=True, widget="password",
                                     when=("bearer_token", "api_key_header")),
    ] = None  # fmt: skip
    auth_user: Annotated[str | None, MaxLen(256), UI("User name", when=("basic",))] = None
    auth_password: Annotated[
        str | None, MaxLen(1024), UI("Password", secret=True, widget="password", when=("basic",))
    ] = None
    client_id: Annotated[str | None, MaxLen(256), UI("Client id", when=OAUTH)] = None
    client_secret: Annotated[
        str | None, MaxLen(1024), UI("Client secret", secret=True, widget="password",
                                     when=OAUTH),
    ] = None  # fmt: skip
    token_url: Annotated[
        WebAddress | None,
        UI("Token address", "Where tokens are given out.", widget="text", when=OAUTH),
    ] = None
    scopes: Annotated[
        list[Annotated[str, Len(1, 256)]], MaxLen(50), UI("Scopes", "If the server asks for any.", when=OAUTH)
    ] = []  # fmt: skip

    def addresses(self) -> dict[str, str]:
        return super().addresses() | ({"token_url": self.token_url} if self.token_url else {})


NEEDS = {
    "bearer_token": ("auth_token",),
    "api_key_header": ("auth_header", "auth_token"),
    "basic": ("auth_user", "auth_password"),
    "oauth2_client_credentials": ("client_id", "client_secret", "token_url"),
}
AUTH_FIELDS = (
    "auth_type", "auth_header", "auth_token", "auth_user", "auth_password", "client_id",
    "client_secret", "token_url", "scopes",
)  # fmt: skip


def auth_missing(config: AuthConfig, secrets: Mapping[str, str]) -> dict[str, str]:
    """Field -> sentence for what the way of signing in needs."""
    return {
        name: "This way of signing in needs it."
        for name in NEEDS.get(config.auth_type, ())
        if not (secrets.get(name) or getattr(config, name))
    }


class Kind:
    """A kind of data source. `types` are the API's names for it, the first is the usual one."""

    types: ClassVar[tuple[str, ...]]
    title: ClassVar[str]
    text: ClassVar[str]
    icon: ClassVar[str]
    Config: ClassVar[type[Schema]]
    strategies: ClassVar[tuple[str, ...]] = ("manual", "scheduled", "continuous")
    maps: ClassVar[tuple[str, ...] | None] = None
    """Whether `field_mappings` says what becomes of its records (`mapping`), and the choices in
    its form that make this matter; none is always."""

    @classmethod
    def completed(cls, config: Any, secrets: Mapping[str, str]) -> tuple[Any, dict[str, str]]:
        """The configuration with what Ward makes itself where it is left empty, and the secrets
        that it made."""
        return config, {}

    @classmethod
    def missing(cls, config: Any, secrets: Mapping[str, str]) -> dict[str, str]:
        """Field -> sentence for what is needed and was not given."""
        return {}

    @classmethod
    def probe(cls, config: Any, secrets: Mapping[str, str], home: Path | None = None) -> Finding:
        """Ask the other side; never raises for what the other side does.

        `home` is the workspace's own folder for files that are dropped.
        """
        raise NotImplementedError
