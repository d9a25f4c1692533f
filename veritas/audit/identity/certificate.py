"""The certificate that a host presents over TLS: its trust, names, dates, owner and strength."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.x509.oid import ExtensionOID, NameOID

from veritas.audit.browser_records import ServerCertificate
from veritas.audit.egress.client import open_connection
from veritas.audit.egress.failure import NetworkFailure
from veritas.audit.egress.guard import Guard
from veritas.audit.identity.domains import Host

# The CA/Browser Forum's policies, which state what the authority validated before it signed.
VALIDATION_POLICIES = {
    "2.23.140.1.2.1": "DV",
    "2.23.140.1.2.2": "OV",
    "2.23.140.1.2.3": "IV",
    "2.23.140.1.1": "EV",
}
MINIMUM_RSA_BITS = 2048
MINIMUM_EC_BITS = 224

HANDSHAKE_TIMEOUT = 6.0  # seconds

# OpenSSL's verification errors that only mean that the issuer's certificate is missing.
_CHAIN_INCOMPLETE = (2, 20, 21)

_MAX_NAMES = 100
_MAX_TEXT = 300
_UNREADABLE = (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.UnsupportedGeneralNameType)


@dataclass(frozen=True)
class Certificate:
    """A host's certificate and the result of its verification.

    Attributes:
        status: `found`; `unknown` if it could not be obtained; `not_applicable` if the page did not come over TLS.
        reason: Why the status is not `found`.
        trusted: Whether a chain to a trusted authority verifies, with dates and name, as in browsers.
        problem: The first verification error, in OpenSSL's words.
        incomplete: Whether that error only means that the chain could not be completed: the host left out an
            intermediate certificate that browsers fetch, or this system does not know the authority and the browser
            may know it.
        host_matches: Whether one of `names` covers the host.
        self_signed: Whether issuer and subject are the same.
        subject, issuer: `common_name`, `organization`, `country`, if they are given.
        names: Subject alternative names, DNS names and IP addresses.
        not_before, not_after: ISO 8601, UTC.
        days_left: Whole days until `not_after`; negative once it has passed.
        days_total: Whole days from `not_before` to `not_after`.
        validation: `DV`, `OV`, `IV`, `EV`, or None if no policy states it.
        key: Such as `RSA 2048` or `EC secp256r1`.
        weaknesses: What makes the key or the signature weak.
        serial, sha256: Serial number and fingerprint, in hex.
        protocol: The TLS version that was negotiated.
    """

    status: str
    reason: str | None = None
    trusted: bool | None = None
    problem: str | None = None
    incomplete: bool = False
    host_matches: bool | None = None
    self_signed: bool | None = None
    subject: dict[str, str] = field(default_factory=dict)
    issuer: dict[str, str] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    not_before: str | None = None
    not_after: str | None = None
    days_left: int | None = None
    days_total: int | None = None
    validation: str | None = None
    key: str | None = None
    weaknesses: list[str] = field(default_factory=list)
    serial: str | None = None
    sha256: str | None = None
    protocol: str | None = None


async def fetch_certificate(
    host: Host,
    port: int,
    *,
    guard: Guard,
    timeout: float = HANDSHAKE_TIMEOUT,
    trust: ssl.SSLContext | None = None,
    now: datetime | None = None,
) -> Certificate:
    """Connect to *host* and return its certificate.

    Args:
        host: The host whose name is requested (SNI) and verified.
        guard: The egress guard to go through.
        timeout: The limit for all connections together, in seconds.
        trust: A client context to verify with, instead of the system's authorities.
        now: The time to compare the dates with, instead of the current time.
    """
    verification_error: ssl.SSLCertVerificationError | None = None
    try:
        async with asyncio.timeout(timeout):
            try:
                der, protocol = await _handshake(guard, host, port, trust or _as_browsers_verify(), timeout / 2)
            except ssl.SSLCertVerificationError as error:
                verification_error = error
                der, protocol = await _handshake(guard, host, port, _accept_anything(), timeout / 2)
    except TimeoutError:
        return Certificate("unknown", reason=f"no answer within {timeout:g} s")
    except ssl.SSLError as error:
        return Certificate("unknown", reason=f"the TLS handshake failed: {error.reason or error}")
    except (OSError, NetworkFailure) as error:
        reason = error.reason if isinstance(error, NetworkFailure) else error.strerror
        return Certificate("unknown", reason=f"no connection: {reason or error}")
    return replace(
        read_certificate(der, host, now=now or datetime.now(UTC)),
        trusted=verification_error is None,
        problem=verification_error.verify_message if verification_error else None,
        incomplete=verification_error is not None and verification_error.verify_code in _CHAIN_INCOMPLETE,
        protocol=protocol,
    )


def read_certificate(der: bytes, host: Host, *, now: datetime) -> Certificate:
    """Parse the DER bytes of a certificate, without verifying it."""
    try:
        parsed = x509.load_der_x509_certificate(der)
        names = _alternative_names(parsed)
        starts, ends = parsed.not_valid_before_utc, parsed.not_valid_after_utc
        return Certificate(
            status="found",
            host_matches=any(covers(name, host) for name in names),
            self_signed=parsed.issuer == parsed.subject,
            subject=_name_parts(parsed.subject),
            issuer=_name_parts(parsed.issuer),
            names=names[:_MAX_NAMES],
            not_before=starts.isoformat(),
            not_after=ends.isoformat(),
            days_left=(ends - now).days,
            days_total=(ends - starts).days,
            validation=_validation(parsed),
            key=_key_name(parsed),
            weaknesses=_weaknesses(parsed),
            serial=f"{parsed.serial_number:x}",
            sha256=parsed.fingerprint(hashes.SHA256()).hex(),
        )
    except _UNREADABLE as error:
        return Certificate("unknown", reason=f"the certificate cannot be read: {str(error)[:_MAX_TEXT]}")


def certificate_from_browser(details: ServerCertificate, *, now: datetime) -> Certificate | None:
    """Return the certificate that the browser accepted, for a host whose certificate cannot be obtained otherwise.

    Args:
        details: The certificate as the browser reports it.
        now: The time to compare the dates with.

    Returns:
        The certificate, or None if *details* are incomplete or invalid.
    """
    try:
        valid_from, valid_to = details["validFrom"], details["validTo"]
        if valid_from is None or valid_to is None:
            return None
        starts, ends = datetime.fromtimestamp(valid_from, UTC), datetime.fromtimestamp(valid_to, UTC)
        return Certificate(
            status="found",
            reason="reported by the browser; its names and its key are not known",
            trusted=True,
            subject={"common_name": str(details["subjectName"])[:_MAX_TEXT]},
            issuer={"common_name": str(details["issuer"])[:_MAX_TEXT]},
            not_before=starts.isoformat(),
            not_after=ends.isoformat(),
            days_left=(ends - now).days,
            days_total=(ends - starts).days,
            protocol=str(details.get("protocol") or "")[:_MAX_TEXT] or None,
        )
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return None


def covers(name: str, host: Host) -> bool:
    """Return whether a certificate's *name* covers *host*; a `*` matches exactly the first label (RFC 9525)."""
    if host.is_address:
        return name == host.name
    name = name.lower().rstrip(".")
    if name.startswith("*."):
        first, _, rest = host.name.partition(".")
        return bool(first) and "." in rest and rest == name[2:]
    return name == host.name


async def _handshake(
    guard: Guard, host: Host, port: int, context: ssl.SSLContext, timeout: float
) -> tuple[bytes, str | None]:
    """Return the certificate (DER) and the protocol of *host*."""
    async with asyncio.timeout(timeout), open_connection(guard, host.name, port, tls=context) as (_, writer):
        tls: ssl.SSLObject = writer.get_extra_info("ssl_object")
        return tls.getpeercert(binary_form=True) or b"", tls.version()


def _as_browsers_verify() -> ssl.SSLContext:
    """Return a context that verifies as browsers do, with the system's authorities."""
    context = ssl.create_default_context()
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # Python 3.13 is stricter, and rejects what browsers accept
    return context


def _accept_anything() -> ssl.SSLContext:
    """Return a context for reading a certificate that did not verify; no data is ever sent over it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")  # to read a certificate whose key is too weak to be trusted
    return context


def _alternative_names(certificate: x509.Certificate) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    dns_names = [name[:_MAX_TEXT] for name in names.get_values_for_type(x509.DNSName)]
    addresses = [str(address) for address in names.get_values_for_type(x509.IPAddress)]
    return dns_names + addresses


def _name_parts(name: x509.Name) -> dict[str, str]:
    parts = {
        "common_name": NameOID.COMMON_NAME,
        "organization": NameOID.ORGANIZATION_NAME,
        "country": NameOID.COUNTRY_NAME,
    }
    attributes = {part: name.get_attributes_for_oid(oid) for part, oid in parts.items()}
    return {part: str(values[0].value)[:_MAX_TEXT] for part, values in attributes.items() if values}


def _validation(certificate: x509.Certificate) -> str | None:
    try:
        extension = certificate.extensions.get_extension_for_oid(ExtensionOID.CERTIFICATE_POLICIES)
    except x509.ExtensionNotFound:
        return None
    assert isinstance(extension.value, x509.CertificatePolicies)
    kinds = (VALIDATION_POLICIES.get(policy.policy_identifier.dotted_string) for policy in extension.value)
    return next((kind for kind in kinds if kind), None)


def _key_name(certificate: x509.Certificate) -> str:
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {key.curve.name}"
    if isinstance(key, dsa.DSAPublicKey):
        return f"DSA {key.key_size}"
    names = {ed25519.Ed25519PublicKey: "Ed25519", ed448.Ed448PublicKey: "Ed448"}
    return next((name for kind, name in names.items() if isinstance(key, kind)), type(key).__name__)


def _weaknesses(certificate: x509.Certificate) -> list[str]:
    weaknesses = []
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < MINIMUM_RSA_BITS:
        weaknesses.append(f"its RSA key has {key.key_size} bits, fewer than {MINIMUM_RSA_BITS}")
    if isinstance(key, ec.EllipticCurvePublicKey) and key.key_size < MINIMUM_EC_BITS:
        weaknesses.append(f"its EC key has {key.key_size} bits, fewer than {MINIMUM_EC_BITS}")
    digest = certificate.signature_hash_algorithm
    if isinstance(digest, hashes.MD5 | hashes.SHA1):
        weaknesses.append(f"it is signed with {digest.name.upper()}")
    return weaknesses
