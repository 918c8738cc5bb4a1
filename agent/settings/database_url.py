"""The address of a database as SQLAlchemy takes it."""

import re


def with_driver(url: str) -> str:
    """`url`, for PostgreSQL with the driver that Ringdown brings (pg8000) where it names none."""
    return re.sub(r"^postgres(?:ql)?://", "postgresql+pg8000://", url)
