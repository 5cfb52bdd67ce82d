"""Secrets at rest: encrypted with Fernet (AES-128-CBC and HMAC-SHA256, authenticated)."""

from __future__ import annotations

import base64
import hmac
import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from connector.errors import ConfigurationError
from connector.remedy import Place, Remedy


class Vault:
    """Encrypts and decrypts the credentials of connections.

    Of several keys, with commas between them, the first encrypts and all decrypt: so a key can be changed while
    processes with either run side by side.
    """

    def __init__(self, keys: str | bytes) -> None:
        every = [key.strip() for key in (keys.decode() if isinstance(keys, bytes) else keys).split(",")]
        self._keys = tuple(every)
        try:
            self._fernet = MultiFernet([Fernet(key) for key in every])
        except ValueError as error:
            raise ConfigurationError(
                "The secret key is not a Fernet key (32 bytes, url-safe base64).",
                remedy=Remedy(command="Make one with gatepost key, and set GATEPOST_SECRET_KEY to it."),
            ) from error

    def encrypt(self, secret: str) -> bytes:
        return self._fernet.encrypt(secret.encode())

    def decrypt(self, sealed: bytes) -> str:
        """Raises ConfigurationError when the secret was sealed with another key."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken as error:
            raise ConfigurationError(
                "A stored secret was encrypted with another key.",
                remedy=Remedy(
                    "Whoever runs Gatepost puts the former key back, or the secrets are entered again on the page "
                    "Set-up.",
                    "Set GATEPOST_SECRET_KEY to the key that was in use, or enter the secrets again with: "
                    "gatepost connection add",
                    Place.SET_UP,
                ),
            ) from error

    def reencrypt(self, sealed: bytes) -> bytes:
        """The same secret, sealed with the first key.  Raises ConfigurationError as :meth:`open` does."""
        return self.encrypt(self.decrypt(sealed))

    def derive_key(self, purpose: bytes) -> bytes:
        """32 bytes for another use of the same key, which tell nothing about it or about one another."""
        return self.derive_keys(purpose)[0]

    def derive_keys(self, purpose: bytes) -> tuple[bytes, ...]:
        """The same of every key, the first one's first: what was signed with an older key can still be checked."""
        return tuple(hmac.digest(base64.urlsafe_b64decode(key), purpose, "sha256") for key in self._keys)


def open_vault(key: str | None, data: Path) -> Vault:
    """The vault for a key, or for the key file in the data folder, which is made when missing."""
    if key:
        return Vault(key)
    path = data / "secret.key"
    data.mkdir(parents=True, exist_ok=True)
    # The mode is set when the file is made, so that there is no moment in which others may read it;
    # O_EXCL lets only one of several starting processes make it.
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return Vault(_wait_for_key(path))
    with os.fdopen(handle, "wb") as file:
        made = Fernet.generate_key()
        file.write(made)
    return Vault(made)


def _wait_for_key(path: Path) -> bytes:
    content = path.read_bytes().strip()
    if not content:
        raise ConfigurationError(
            f"{path} is empty. Restore it from a backup, or remove it and enter the secrets again."
        )
    return content
