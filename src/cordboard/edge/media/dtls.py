"""DTLS for SRTP keys (RFC 5764): OpenSSL on memory buffers, datagrams and time handed in."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL

from cordboard.edge.media.srtp import DTLS_SUITES, SrtpPair

LARGEST_DATAGRAM = 1200
"""Octets of a DTLS datagram of ours: passes any tunnel without fragments."""

HANDSHAKE_SECONDS = 30.0
"""Then a handshake has failed."""

MOST_DATAGRAMS = 200
"""That a handshake may take before it has failed: a peer that never comes to an end costs no more."""

_CIPHERS = b"ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES"
_EXPORTER_LABEL = b"EXTRACTOR-dtls_srtp"
_RECORD_HEADER = 13
_READ_SIZE = 16 * 1024
_VALID_DAYS = 365


class DtlsIdentity:
    """The certificate of this process and the context that all its handshakes share. It proves nothing but that the
    peer of the handshake is who the SDP came from: the SDP carries its fingerprint.
    """

    def __init__(self, now: datetime) -> None:
        """`now` is where the certificate's validity is counted from; nobody checks it, but parsers want it there."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _self_signed(key, now)
        self.fingerprint = fingerprint_of(certificate)
        self.context = _context(key, certificate)


def fingerprint_of(certificate: x509.Certificate) -> str:
    """SHA-256 in upper-case hex pairs, as in `a=fingerprint`."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def _self_signed(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "cordboard")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=_VALID_DAYS))
    )
    return builder.sign(key, hashes.SHA256())


def _context(key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> SSL.Context:
    context = SSL.Context(SSL.DTLS_METHOD)
    context.set_options(SSL.OP_NO_QUERY_MTU | SSL.OP_NO_TICKET | SSL.OP_NO_RENEGOTIATION)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    # Any certificate passes here: which one it must be is checked against the SDP's fingerprint after the handshake.
    context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
    context.use_certificate(certificate)
    context.use_privatekey(key)
    context.set_cipher_list(_CIPHERS)
    context.set_tlsext_use_srtp(b":".join(DTLS_SUITES))
    return context


class DtlsHandshake:
    """One association, from the first flight to the SRTP keys. Nothing raises; `failed` says why it came to nothing."""

    def __init__(self, identity: DtlsIdentity, fingerprint: str, *, active: bool, now: float) -> None:
        """`fingerprint` is the one that the peer's certificate must have; `active`: we open the handshake."""
        self._connection = SSL.Connection(identity.context, None)
        self._connection.set_ciphertext_mtu(LARGEST_DATAGRAM)
        self._fingerprint = fingerprint
        self._active = active
        self._deadline = now + HANDSHAKE_SECONDS
        self._taken = 0
        self.srtp: SrtpPair | None = None
        self.failed: str | None = None
        self.closed = False
        """Whether the peer said goodbye after the handshake."""
        if active:
            self._connection.set_connect_state()
        else:
            self._connection.set_accept_state()

    @property
    def active(self) -> bool:
        """Whether we opened the handshake."""
        return self._active

    def start(self) -> None:
        """Sends the first flight, if it is ours to send."""
        if self._active:
            self._advance()

    def receive(self, datagram: bytes) -> None:
        """Takes a datagram of the peer."""
        if self.failed is not None:
            return
        self._taken += self.srtp is None
        if self._taken > MOST_DATAGRAMS:
            self._fail(f"more than {MOST_DATAGRAMS} datagrams in a handshake")
            return
        self._connection.bio_write(datagram)
        if self.srtp is None:
            self._advance()
        else:
            self._read()

    def next_wake(self, now: float) -> float | None:
        """When `wake` is due, for repeating what may have been lost (RFC 6347, 4.2.4); None when it never is."""
        if self.srtp is not None or self.failed is not None:
            return None
        left = self._connection.DTLSv1_get_timeout()
        return self._deadline if left is None else min(self._deadline, now + left)

    def wake(self, now: float) -> None:
        """Repeats the last flight if it is time to."""
        if self.srtp is not None or self.failed is not None:
            return
        if now >= self._deadline:
            self._fail(f"no handshake within {HANDSHAKE_SECONDS:.0f} s")
            return
        try:
            self._connection.DTLSv1_handle_timeout()
        except SSL.Error as error:
            self._fail(_reason(error))

    def take_outgoing(self) -> list[bytes]:
        """Datagrams to send, none larger than `LARGEST_DATAGRAM`."""
        written = b""
        while True:
            try:
                written += self._connection.bio_read(_READ_SIZE)
            except SSL.WantReadError:
                return list(_datagrams(written))

    def _advance(self) -> None:
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            return
        except SSL.Error as error:
            self._fail(_reason(error))
            return
        self._finish()

    def _finish(self) -> None:
        """Checks whom the handshake was with, and takes the keys."""
        certificate = self._connection.get_peer_certificate(as_cryptography=True)
        actual = fingerprint_of(certificate) if certificate is not None else ""
        if not hmac.compare_digest(actual, self._fingerprint.upper()):
            self._fail("the peer's certificate is not the one that its SDP announced")
            return
        suite = DTLS_SUITES.get(self._connection.get_selected_srtp_profile())
        if suite is None:
            self._fail("no SRTP profile was negotiated")
            return
        size = 2 * (suite.key_octets + suite.salt_octets)
        exported = self._connection.export_keying_material(_EXPORTER_LABEL, size)
        self.srtp = SrtpPair.from_dtls(suite, exported, is_client=self._active)

    def _read(self) -> None:
        """What comes after the handshake: repeated flights, which OpenSSL answers, and the peer's goodbye."""
        try:
            self._connection.recv(_READ_SIZE)
        except SSL.WantReadError:
            return
        except SSL.ZeroReturnError:
            self.closed = True
        except SSL.Error:
            self.closed = True

    def _fail(self, reason: str) -> None:
        self.failed = reason


def _reason(error: SSL.Error) -> str:
    """The last text on OpenSSL's pile."""
    pile = error.args[0] if error.args else None
    return str(pile[-1][-1]) if isinstance(pile, list) and pile else "the handshake failed"


def _datagrams(written: bytes) -> Iterator[bytes]:
    """What OpenSSL wrote, as datagrams of whole records: the memory buffer does not keep their bounds."""
    begin = at = 0
    while at + _RECORD_HEADER <= len(written):
        end = at + _RECORD_HEADER + int.from_bytes(written[at + 11 : at + 13], "big")
        if end - begin > LARGEST_DATAGRAM and at > begin:
            yield written[begin:at]
            begin = at
        at = end
    if begin < len(written):
        yield written[begin:]
