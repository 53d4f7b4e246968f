"""From the vault to the store: `take_in` brings the store in line with the files."""

from everlore.app.vaulting.take import take_in
from everlore.app.vaulting.taken import VAULT, Taken

__all__ = ["VAULT", "Taken", "take_in"]
