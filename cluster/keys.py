"""CURVE keys: who may connect to a broker beyond this machine, and which broker is ours.

A folder `cluster_keys` in the data folder holds them. `broker.key_secret` is for the broker alone,
`peer.key_secret` for the processes of a host. Public are `broker.key`, which each host has, and the
files in `peers/`: one for each host whose processes the broker lets in.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import zmq
from zmq.auth import create_certificates, load_certificate, load_certificates

from cluster.endpoints import Endpoint
from cluster.errors import Unsafe

_BROKER, _PEER, _PEERS = "broker", "peer", "peers"


@dataclass(frozen=True, slots=True)
class Pair:
    """The two halves of a key, as ZeroMQ writes them."""

    public: bytes
    secret: bytes = field(repr=False)


def usable(brokers: Iterable[Endpoint], folder: Path | None) -> Path | None:
    """The folder if it is there: then keys are used, within this machine too.

    Raises Unsafe if it is not, and a broker is, or is reached, beyond this machine.
    """
    if folder is not None and folder.is_dir():
        return folder
    for each in brokers:
        if not each.is_local:
            raise Unsafe(
                f"{each.host} is beyond this machine, which takes keys: make them by "
                "./nodius runcluster keys, or use localhost (docs/cluster.md)"
            )
    return None


def check(brokers: Iterable[Endpoint], folder: Path) -> None:
    """Raises Unsafe if a process could not connect to these brokers for want of keys."""
    if usable(brokers, folder):
        peer(folder)
        broker_public(folder)


def make(folder: Path) -> list[Path]:
    """Make what is missing of the keys of a broker and of one host; returns the new files.

    Each can be read by its owner alone.
    """
    peers = folder / _PEERS
    for each in (folder, peers):
        each.mkdir(mode=0o700, parents=True, exist_ok=True)
    made: list[Path] = []
    for name in (_BROKER, _PEER):
        if not (folder / f"{name}.key_secret").exists():
            made += [Path(each) for each in create_certificates(folder, name)]
    # A peer's public half belongs where the broker looks for it.
    made = [each.rename(peers / each.name) if each.name == "peer.key" else each for each in made]
    for each in made:
        each.chmod(0o600)
    return made


def broker(folder: Path) -> Pair:
    """The broker's own key. Raises Unsafe if it is missing or damaged."""
    return _pair(folder / f"{_BROKER}.key_secret")


def peer(folder: Path) -> Pair:
    """The key of the processes of this host. Raises Unsafe if it is missing or damaged."""
    return _pair(folder / f"{_PEER}.key_secret")


def broker_public(folder: Path) -> bytes:
    """The public half of the broker's key. Raises Unsafe if it is missing or damaged."""
    try:
        return _checked(load_certificate(folder / f"{_BROKER}.key")[0])
    except (OSError, ValueError) as error:
        raise Unsafe(_advice(error)) from None


def peers_public(folder: Path) -> frozenset[bytes]:
    """The public halves of the keys that the broker lets in. Raises Unsafe if there are none."""
    try:
        found = frozenset(map(_checked, load_certificates(folder / _PEERS)))
    except (OSError, ValueError) as error:
        raise Unsafe(_advice(error)) from None
    if not found:
        raise Unsafe(_advice(f"no key in {folder / _PEERS}"))
    return found


def _pair(file: Path) -> Pair:
    try:
        public, secret = load_certificate(file)
        return Pair(_checked(public), _checked(secret or b""))
    except (OSError, ValueError) as error:
        raise Unsafe(_advice(error)) from None


def _checked(key: bytes) -> bytes:
    if len(key) != 40 or len(zmq.utils.z85.decode(key)) != 32:
        raise ValueError("a key is damaged")
    return key


def _advice(error: object) -> str:
    return f"cluster keys: {error}; make them by ./nodius runcluster keys, or copy them here"
