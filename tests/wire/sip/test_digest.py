"""Digest: the standards' own numbers, which challenge is answered, and which nonce is still good."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cordboard.wire.sip import (
    Challenge,
    Credentials,
    DigestGate,
    SipSyntaxError,
    answer,
    best_challenge,
    ha1,
    parse_challenges,
)
from cordboard.wire.sip.digest import MOST_CHALLENGES, Algorithm

SECRET = b"sixteen octets.."
METHOD, URI = "REGISTER", "sip:example.com"


def gate(**settings: float) -> DigestGate:
    """A gate whose nonces are good for a minute."""
    return DigestGate(SECRET, "cordboard", nonce_seconds=60, most_nonces=int(settings.get("most_nonces", 100)))


def answered(challenge: Challenge, password: str = "secret", nc: int = 1) -> Credentials:
    """Bob's answer, as it comes over the wire."""
    given = answer(challenge, METHOD, URI, "bob", password, cnonce="theirs", nc=nc)
    credentials = Credentials.parse(str(given))
    assert credentials == given
    return credentials


def secret_of(algorithm: Algorithm) -> str:
    """Bob's HA1."""
    return ha1("bob", "cordboard", "secret", algorithm)


def test_vector_of_rfc_2617() -> None:
    challenge = Challenge.parse(
        'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093",'
        ' opaque="5ccc069c403ebaf9f0171e9517f40e41"'
    )
    assert challenge is not None
    credentials = answer(challenge, "GET", "/dir/index.html", "Mufasa", "Circle Of Life", cnonce="0a4f113b")
    assert credentials.response == "6629fae49393a05397450978507c4ef1"
    assert (credentials.opaque, credentials.qop) == ("5ccc069c403ebaf9f0171e9517f40e41", "auth")
    old = answer(replace(challenge, qop=()), "GET", "/dir/index.html", "Mufasa", "Circle Of Life", cnonce="unused")
    assert old.response == "670fd8c2df070c60b045671b8b24ff02"
    assert (old.qop, old.nc, old.cnonce) == ("", 0, "")
    assert "cnonce" not in str(old)


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_vectors_of_rfc_7616(algorithm: Algorithm, response: str) -> None:
    challenge = Challenge(
        "http-auth@example.org", "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", algorithm, ("auth", "auth-int")
    )
    cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    credentials = answer(challenge, "GET", "/dir/index.html", "Mufasa", "Circle of Life", cnonce=cnonce)
    assert credentials.response == response


def test_forms_on_the_wire() -> None:
    challenge = Challenge('a "realm"', "n", "SHA-256", ("auth",), "o", stale=True)
    assert str(challenge) == (
        'Digest realm="a \\"realm\\"", nonce="n", algorithm=SHA-256, qop="auth", opaque="o", stale=true'
    )
    assert Challenge.parse(str(challenge)) == challenge
    credentials = Credentials(
        username="bob", realm="r", nonce="n", uri=URI, response="ff", algorithm="MD5", qop="auth", nc=10, cnonce="c"
    )
    assert str(credentials) == (
        f'Digest username="bob", realm="r", nonce="n", uri="{URI}", response="ff", algorithm=MD5, qop=auth,'
        ' nc=0000000a, cnonce="c"'
    )
    spaced = (
        'digest  USERNAME = "bob" ,realm="r",nonce="n" , uri="sip:example.com", response="FF",qop="auth",'
        "nc=0000000A,cnonce=c,"
    )
    assert Credentials.parse(spaced) == credentials


def test_best_of_several_challenges() -> None:
    values = [
        'Basic realm="r"',
        "Digest nonsense",
        'Digest realm="r", nonce="1", algorithm=MD5-sess, qop="auth"',
        'Digest realm="r", nonce="2", qop="auth-int"',
        'Digest realm="r", nonce="3"',
        'Digest realm="r", nonce="4", algorithm=sha-256, qop="auth"',
        'Digest realm="r", nonce="5", algorithm=SHA-512-256, qop="auth"',
        'Digest realm="other", nonce="6", algorithm=SHA-256, qop="auth"',
        'Digest realm="r"',
    ]
    challenges = parse_challenges(values)
    assert [challenge.nonce for challenge in challenges] == ["3", "4", "6"]
    best = best_challenge(challenges)
    assert best is not None
    assert best.nonce == "4"
    assert best_challenge([]) is None
    assert len(parse_challenges(['Digest realm="r", nonce="1"'] * 99)) == MOST_CHALLENGES


@pytest.mark.parametrize(
    "value",
    [
        "Digest",
        'Digest username="bob"',
        'Digest username="b", realm="r", nonce="n", uri="u", response="x", qop=auth-int, nc=00000001, cnonce="c"',
        'Digest username="b", realm="r", nonce="n", uri="u", response="x", qop=auth, nc=1, cnonce="c"',
        'Digest username="b", realm="r", nonce="n", uri="u", response="x", qop=auth, nc=00000001',
        'Digest username="b", realm="r", nonce="n", uri="u", response="x", userhash=true',
        'Digest username="b, realm="r"',
        "Digest " + ", ".join(f"a{number}=1" for number in range(99)),
    ],
)
def test_credentials_that_are_none(value: str) -> None:
    with pytest.raises(SipSyntaxError):
        Credentials.parse(value)


def test_credentials_of_other_kinds() -> None:
    assert Credentials.parse("Basic Ym9iOng=") is None
    assert Credentials.parse('Digest username="b", algorithm=SHA-512-256') is None


@pytest.mark.parametrize("algorithm", ["SHA-256", "MD5"])
def test_right_and_wrong_passwords(algorithm: Algorithm) -> None:
    guarded = gate()
    challenge = next(each for each in guarded.challenges(0.0) if each.algorithm == algorithm)
    wrong = answered(challenge, "wrong")
    assert guarded.verify(wrong, METHOD, secret_of(algorithm), 1.0) == "refused"
    assert guarded.verify(answered(challenge), METHOD, secret_of(algorithm), 1.0) == "accepted"
    assert guarded.verify(answered(challenge, nc=2), "INVITE", secret_of(algorithm), 1.0) == "refused"


def test_challenges_of_a_gate() -> None:
    guarded = gate()
    best, other = guarded.challenges(0.0)
    assert (best.algorithm, other.algorithm, best.qop) == ("SHA-256", "MD5", ("auth",))
    assert guarded.challenges(0.0)[0].nonce != best.nonce
    assert guarded.challenges(0.0, stale=True)[0].stale


def test_another_realm_is_refused() -> None:
    guarded = gate()
    challenge = replace(guarded.challenges(0.0)[0], realm="elsewhere")
    secret = ha1("bob", "elsewhere", "secret", "SHA-256")
    assert guarded.verify(answered(challenge), METHOD, secret, 0.0) == "refused"


def test_old_and_foreign_nonces_are_stale() -> None:
    guarded = gate()
    challenge = guarded.challenges(0.0)[0]
    assert guarded.verify(answered(challenge), METHOD, secret_of("SHA-256"), 60.0) == "accepted"
    assert guarded.verify(answered(challenge, nc=2), METHOD, secret_of("SHA-256"), 60.1) == "stale"
    other = DigestGate(b"another secret..", "cordboard").challenges(0.0)[0]
    for nonce in (other.nonce, "", "x", "1.2.3", challenge.nonce[:-1], "f" + challenge.nonce, "é"):
        forged = replace(challenge, nonce=nonce)
        given = answer(forged, METHOD, URI, "bob", "secret", cnonce="c")
        assert guarded.verify(given, METHOD, secret_of("SHA-256"), 1.0) == "stale"
    future = gate().challenges(100.0)[0]
    assert guarded.verify(answered(future), METHOD, secret_of("SHA-256"), 1.0) == "stale"


def test_each_count_is_good_once_in_any_order() -> None:
    guarded = gate()
    challenge = guarded.challenges(0.0)[0]

    def verdict(nc: int) -> str:
        return guarded.verify(answered(challenge, nc=nc), METHOD, secret_of("SHA-256"), 1.0)

    assert [verdict(nc) for nc in (1, 3, 2)] == ["accepted"] * 3
    assert [verdict(nc) for nc in (1, 2, 3)] == ["stale"] * 3
    assert [verdict(nc) for nc in (1000, 999, 937, 936, 4)] == ["accepted", "accepted", "accepted", "stale", "stale"]
    assert verdict(0xFFFFFFFF) == "accepted"
    assert verdict(1000) == "stale"


def test_without_qop_a_nonce_is_good_once() -> None:
    guarded = gate()
    old = answered(replace(guarded.challenges(0.0)[0], qop=()))
    assert guarded.verify(old, METHOD, secret_of("SHA-256"), 1.0) == "accepted"
    assert guarded.verify(old, METHOD, secret_of("SHA-256"), 1.0) == "stale"


def test_wrong_answers_use_up_nothing() -> None:
    guarded = gate()
    challenge = guarded.challenges(0.0)[0]
    assert guarded.verify(answered(challenge, "wrong"), METHOD, secret_of("SHA-256"), 1.0) == "refused"
    assert guarded.verify(answered(challenge), METHOD, secret_of("SHA-256"), 1.0) == "accepted"


def test_forgotten_nonces_cannot_be_replayed() -> None:
    guarded = gate(most_nonces=2)
    nonces = [guarded.challenges(float(at))[0] for at in range(4)]
    for challenge in (nonces[1], nonces[2], nonces[3]):
        assert guarded.verify(answered(challenge), METHOD, secret_of("SHA-256"), 4.0) == "accepted"
    assert guarded.verify(answered(nonces[1]), METHOD, secret_of("SHA-256"), 4.0) == "stale"
    assert guarded.verify(answered(nonces[0]), METHOD, secret_of("SHA-256"), 4.0) == "stale"
    assert guarded.verify(answered(nonces[3], nc=2), METHOD, secret_of("SHA-256"), 4.0) == "accepted"
