"""FHIR servers: R4 with a token or password, and SMART backend services."""

import secrets as random
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Len, MaxLen
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc.jwk import ECKey, RSAKey

from app.core.schema import UI, Between
from app.data_sources import probes, smart
from app.data_sources.addresses import WebAddress

from .base import AuthConfig, Kind, NetworkConfig, auth_missing

COMPARE = {"day": "Every day", "week": "Every week", "never": "When somebody asks"}
RESOURCES = (
    "Patient", "Practitioner", "Organization", "Location", "Appointment", "Slot", "Encounter",
    "Condition", "MedicationRequest", "AllergyIntolerance", "Coverage", "Observation", "Procedure",
    "Immunization", "DiagnosticReport", "CarePlan", "Claim", "Goal", "CareTeam",
    "ServiceRequest", "MedicationStatement", "DocumentReference", "ImagingStudy", "RelatedPerson",
    "PractitionerRole", "Schedule", "ExplanationOfBenefit",
)  # fmt: skip
Resource = Literal[
    "Patient", "Practitioner", "Organization", "Location", "Appointment", "Slot", "Encounter",
    "Condition", "MedicationRequest", "AllergyIntolerance", "Coverage", "Observation", "Procedure",
    "Immunization", "DiagnosticReport", "CarePlan", "Claim", "Goal", "CareTeam",
    "ServiceRequest", "MedicationStatement", "DocumentReference", "ImagingStudy", "RelatedPerson",
    "PractitionerRole", "Schedule", "ExplanationOfBenefit",
]  # fmt: skip
Resources = Annotated[
    list[Resource],
    MaxLen(50),
    UI("Resource types", "What is read. None chosen means all that the server has."),
]
Compare = Annotated[
    Literal["day", "week", "never"],
    UI("Compare all records", "Every record is read for it: only so Ward learns what was deleted"
       " there.", options=COMPARE),
]  # fmt: skip
PageSize = Annotated[int, Between(1, 1000), UI("Page size", "How many records at a time.")]


class FhirConfig(AuthConfig):
    """A FHIR R4 server."""

    resource_types: Resources = []
    page_size: PageSize = 100
    compare: Compare = "day"


class FhirServer(Kind):
    """A FHIR R4 server that is read by search."""

    types = ("fhir_store", "fhir")
    title = "FHIR R4 server"
    text = "A server with a FHIR R4 address, open or with a token, password or OAuth 2."
    icon = "server"
    Config = FhirConfig

    @classmethod
    def missing(cls, config: Any, secrets: Mapping[str, str]) -> dict[str, str]:
        return auth_missing(config, secrets)

    @classmethod
    def probe(
        cls, config: Any, secrets: Mapping[str, str], home: Path | None = None
    ) -> probes.Finding:
        return probes.run(config, lambda client: probes.fhir(client, config, secrets))


class SmartConfig(NetworkConfig):
    """A FHIR server that signs Ward in by its key."""

    client_id: Annotated[str, Len(1, 256), UI("Client id", "Given when Ward was registered there.")]
    token_url: Annotated[
        WebAddress | None,
        UI("Token address", "Empty: it is found at the server itself.", widget="text"),
    ] = None
    private_key: Annotated[
        str | None, MaxLen(20_000),
        UI("Private key", "Leave it empty and Ward makes one, or paste yours as PEM. Its public"
           " half is registered at the server.", secret=True, widget="textarea"),
    ] = None  # fmt: skip
    assertion_kid: Annotated[
        str | None, Len(1, 256),
        UI("Key id", "The kid of the registered key. Empty: Ward gives it one."),
    ] = None  # fmt: skip
    assertion_algorithm: Annotated[
        Literal["RS384", "ES384"],
        UI("Algorithm", "RS384 for an RSA key, ES384 for a P-384 key."),
    ] = "RS384"  # fmt: skip
    scopes: Annotated[
        list[Annotated[str, Len(1, 256)]], MaxLen(50), UI("Scopes", "What Ward asks to read.")
    ] = ["system/*.rs"]  # fmt: skip
    token_lifetime_seconds: Annotated[
        int, Between(60, 86_400), UI("Token lifetime, seconds", "Where the server does not say.")
    ] = 3600
    resource_types: Resources = []
    page_size: PageSize = 100
    compare: Compare = "day"

    def addresses(self) -> dict[str, str]:
        return super().addresses() | ({"token_url": self.token_url} if self.token_url else {})


def new_key(algorithm: str) -> str:
    """A private key as PEM: RSA of 3072 bits for RS384, on P-384 for ES384."""
    made: RSAKey | ECKey
    if algorithm == "RS384":
        made = RSAKey.generate_key(3072, private=True)
    else:
        made = ECKey.generate_key("P-384", private=True)
    return made.as_pem(private=True).decode()


def new_kid() -> str:
    """An id for a key that Ward makes."""
    return f"ward-{random.token_hex(8)}"


def key_problem(pem: str, algorithm: str) -> str | None:
    """What is wrong with a private key, in words."""
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError):
        return "Paste the private key as PEM, without a password."
    if algorithm == "RS384":
        good = isinstance(key, rsa.RSAPrivateKey) and key.key_size >= 2048
        return None if good else "RS384 needs an RSA key of 2048 bits or more."
    good = isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP384R1)
    return None if good else "ES384 needs a key on the curve P-384."


class SmartServer(Kind):
    """SMART backend services: a signed assertion instead of a password."""

    types = ("smart_fhir",)
    title = "SMART on FHIR, backend services"
    text = "An EHR such as Epic or Oracle Health where Ward is registered with a key."
    icon = "hospital"
    Config = SmartConfig

    @classmethod
    def completed(cls, config: Any, secrets: Mapping[str, str]) -> tuple[Any, dict[str, str]]:
        kid = config.assertion_kid or new_kid()
        made = {} if secrets.get("private_key") else {
            "private_key": new_key(config.assertion_algorithm)}  # fmt: skip
        return config.model_copy(update={"assertion_kid": kid}), made

    @classmethod
    def missing(cls, config: Any, secrets: Mapping[str, str]) -> dict[str, str]:
        pem = secrets.get("private_key")
        if not pem:
            return {"private_key": "Ward cannot sign in without the key."}
        problem = key_problem(pem, config.assertion_algorithm)
        return {"private_key": problem} if problem else {}

    @classmethod
    def probe(
        cls, config: Any, secrets: Mapping[str, str], home: Path | None = None
    ) -> probes.Finding:
        return probes.run(config, lambda client: smart.check(client, config, secrets))
