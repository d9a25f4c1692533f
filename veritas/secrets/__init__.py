"""Secrets: the values that no log may hold, and the masks that replace them."""

from veritas.secrets.masker import Secrets

__all__ = ["Secrets"]
