"""The certificate that `serve https=true` shows: the one given, or a self-signed one made here."""

from __future__ import annotations

import ipaddress
import os
import ssl
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from nodius_site.file_lock import locked
from nodius_site.options import Values, Wrong

#: The self-signed pair, key and certificate in one file, so that they change together.
FILE = "self_signed.pem"
LIFETIME = timedelta(days=365)
#: With less than this left a self-signed pair is made anew at the next start.
RENEWAL = timedelta(days=30)
#: Clocks of clients may be late.
SKEW = timedelta(days=1)

PrivateKey: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

_ANY = {"0.0.0.0", "::"}  # noqa: S104 - compared, not bound to


@dataclass(frozen=True, slots=True)
class Tls:
    """What the server needs to speak TLS, and what it tells about its certificate."""

    context: ssl.SSLContext
    fingerprint: str
    ends: datetime
    self_signed: bool


def load(values: Values) -> Tls:
    """The options' certificate, or the self-signed one, made if there is none that will do.

    Raises Wrong if the pair cannot be read, does not fit together or is out of date.
    """
    cert, key = values.path("cert"), values.path("key")
    if cert and key:
        return _checked(cert, key)
    if cert or key:
        given, missing = ("cert", "key") if cert else ("key", "cert")
        raise Wrong(f"{missing}: {given} is given without it; give both, or neither")
    return _self_signed(values.data_dir, values.text("host"))


def covered(host: str) -> list[x509.GeneralName]:
    """The names for a server that listens on `host`: this machine's own, and that one."""
    names = {"localhost": None, "127.0.0.1": None, "::1": None}
    if host not in _ANY:
        names[host.lower()] = None
    return [_general_name(name) for name in names]


def make(host: str, now: datetime) -> bytes:
    """A new key and a certificate for `host` that it has signed itself, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Nodius, self-signed")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectAlternativeName(covered(host)), critical=False)
        # Who trusts it trusts this server, and nothing that it might sign.
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + certificate.public_bytes(Encoding.PEM)


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name.partition("%")[0]))
    except ValueError:
        return x509.DNSName(name.encode("idna").decode())


def _self_signed(folder: Path, host: str) -> Tls:
    file = folder / FILE
    try:
        with locked(folder / "self_signed.lock"):
            if not _will_do(file, host, datetime.now(UTC)):
                _put(file, make(host, datetime.now(UTC)))
            return _checked(file, file, self_signed=True)
    except OSError as error:
        raise Wrong(f"data_dir: {file}: {error.strerror}; give a folder to write to") from None


def _will_do(file: Path, host: str, now: datetime) -> bool:
    """Whether the pair that was made before can be shown for a while."""
    try:
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        _checked(file, file)
    except (FileNotFoundError, ValueError, x509.ExtensionNotFound, Wrong):
        return False
    return certificate.not_valid_after_utc - now > RENEWAL and set(covered(host)) <= set(names)


def _put(file: Path, content: bytes) -> None:
    """Put the whole file there in one step, for its owner alone."""
    # A temporary file has the mode 0600 from the start.
    descriptor, draft = tempfile.mkstemp(dir=file.parent, prefix=".self_signed-")
    try:
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        Path(draft).replace(file)
    except BaseException:
        Path(draft).unlink()
        raise


def _checked(cert: Path, key: Path, *, self_signed: bool = False) -> Tls:
    certificate, private = _certificate(cert), _private_key(key)
    if certificate.public_key() != private.public_key():
        raise Wrong(f"key: {key} does not belong to the certificate {cert}; give its own")
    _in_time(cert, certificate)
    fingerprint = certificate.fingerprint(hashes.SHA256()).hex(":").upper()
    return Tls(_context(cert, key), fingerprint, certificate.not_valid_after_utc, self_signed)


def _certificate(file: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(_content("cert", file))
    except (ValueError, UnsupportedAlgorithm):
        raise Wrong(f"cert: {file} holds no certificate; give a PEM file that does") from None


def _private_key(file: Path) -> PrivateKey:
    try:
        key = serialization.load_pem_private_key(_content("key", file), password=None)
    except TypeError:
        raise Wrong(f"key: {file} needs a passphrase; give the key without one") from None
    except (ValueError, UnsupportedAlgorithm):
        raise Wrong(f"key: {file} holds no private key; give a PEM file that does") from None
    if not isinstance(key, PrivateKey):
        raise Wrong(f"key: {file} is of a kind that TLS does not take; give RSA or EC")
    return key


def _content(option: str, file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Wrong(f"{option}: {file}: {error.strerror}; give a file that can be read") from None


def _in_time(file: Path, certificate: x509.Certificate) -> None:
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    now = datetime.now(UTC)
    if now >= ends:
        raise Wrong(f"cert: {file} has expired on {ends:%Y-%m-%d}; give one that is valid today")
    if now < begins:
        raise Wrong(f"cert: {file} begins on {begins:%Y-%m-%d}; give one that is valid today")


def _context(cert: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(cert, key)
    except (ssl.SSLError, OSError):
        raise Wrong(f"cert: TLS cannot use {cert} with {key}; make a new pair") from None
    return context
