"""The demo shop's database, made anew from a seed: the same seed and day give the same rows."""

import os
import random
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

SCHEMA = """
CREATE TABLE customers (
  account_number TEXT PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL, phone TEXT NOT NULL,
  street TEXT NOT NULL, city TEXT NOT NULL, zip TEXT NOT NULL);
CREATE TABLE products (
  sku TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, price TEXT NOT NULL, stock INTEGER NOT NULL,
  restock_date TEXT, warranty_months INTEGER, reset_steps TEXT);
CREATE TABLE orders (
  number TEXT PRIMARY KEY, account_number TEXT NOT NULL REFERENCES customers, ordered_date TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN
    ('processing', 'shipped', 'out for delivery', 'delivered', 'cancelled', 'backordered')),
  carrier TEXT, ship_date TEXT, delivery_date TEXT, total TEXT NOT NULL,
  before_cancel TEXT, updated_at TEXT);
CREATE TABLE order_items (
  order_number TEXT NOT NULL REFERENCES orders, sku TEXT NOT NULL REFERENCES products,
  quantity INTEGER NOT NULL, price TEXT NOT NULL, PRIMARY KEY (order_number, sku));
CREATE TABLE bills (
  number TEXT PRIMARY KEY, account_number TEXT NOT NULL REFERENCES customers, issued_date TEXT NOT NULL,
  due_date TEXT NOT NULL, amount TEXT NOT NULL, status TEXT NOT NULL CHECK (status IN ('open', 'paid')));
CREATE TABLE returns (
  id INTEGER PRIMARY KEY, order_number TEXT NOT NULL REFERENCES orders, announced_date TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('announced', 'received', 'refunded')),
  refund_amount TEXT, refund_date TEXT);
CREATE TABLE appointment_times (date TEXT NOT NULL, time TEXT NOT NULL, PRIMARY KEY (date, time));
CREATE TABLE appointments (
  id INTEGER PRIMARY KEY, account_number TEXT NOT NULL REFERENCES customers,
  date TEXT NOT NULL, time TEXT NOT NULL, made_at TEXT NOT NULL, UNIQUE (date, time));
CREATE VIEW free_times AS SELECT date, time FROM appointment_times t
  WHERE NOT EXISTS (SELECT 1 FROM appointments a WHERE a.date = t.date AND a.time = t.time);
CREATE INDEX bills_by_account ON bills (account_number, issued_date);
CREATE INDEX returns_by_order ON returns (order_number);
CREATE INDEX appointments_by_account ON appointments (account_number, date);
"""

RESET = "hold the power button for ten seconds, until the light blinks."
RESET_PIN = "press the small button on the back with a pin for five seconds."
RESET_UNPLUG = "unplug it, wait for one minute, and plug it in again."

PRODUCTS: tuple[tuple[str, str, int, int | None, int | None, str | None], ...] = (
    # name, price, stock, days until more come, months of warranty, how to reset it
    ("Trailhead Jacket", "129.00", 42, None, 24, None),
    ("Rain Jacket", "89.00", 0, 9, 24, None),
    ("Down Vest", "74.50", 17, None, 12, None),
    ("Merino Sweater", "68.00", 5, None, 12, None),
    ("Flannel Shirt", "39.90", 61, None, None, None),
    ("Linen Shirt", "44.00", 0, None, None, None),
    ("Hiking Boots", "149.00", 23, None, 24, None),
    ("Canvas Sneakers", "54.90", 8, None, 6, None),
    ("Wool Socks", "14.50", 210, None, None, None),
    ("Leather Belt", "34.00", 37, None, 12, None),
    ("Running Shorts", "29.00", 55, None, None, None),
    ("Winter Gloves", "24.90", 0, 14, None, None),
    ("Knit Beanie", "19.00", 90, None, None, None),
    ("Travel Backpack", "98.00", 12, None, 36, None),
    ("Duffel Bag", "64.00", 3, None, 24, None),
    ("Aero Headphones", "119.00", 31, None, 24, RESET),
    ("Studio Earbuds", "79.00", 0, 6, 12, "put both earbuds into the case and close it for ten seconds."),
    ("Lumen Lamp", "45.00", 26, None, 24, RESET_UNPLUG),
    ("Pocket Speaker", "59.00", 44, None, 24, RESET),
    ("Smart Plug", "18.90", 120, None, 12, RESET_PIN),
    ("Home Router", "139.00", 9, None, 24, RESET_PIN),
    ("Trail Watch", "189.00", 14, None, 24, "hold both buttons until the screen goes dark."),
    ("Door Camera", "99.00", 4, None, 24, RESET_PIN),
    ("Power Bank", "36.00", 73, None, 12, RESET_UNPLUG),
    ("Wall Charger", "22.00", 88, None, 12, None),
    ("Electric Kettle", "49.00", 19, None, 24, RESET_UNPLUG),
    ("Coffee Grinder", "57.00", 0, 21, 24, RESET_UNPLUG),
    ("Desk Fan", "32.50", 11, None, 12, RESET_UNPLUG),
    ("Reading Light", "21.00", 34, None, 12, None),
    ("Camp Stove", "84.00", 6, None, 24, None),
)
FIRST = (
    "Ada Ben Carla Dion Elena Farid Grace Hugo Iris Jonas Kira Liam Maya Noor Owen Priya Quinn Rosa Sami Tara"
)
LAST = (
    "Abbott Brandt Castillo Doyle Eriksen Fontaine Garcia Hughes Ivanov Jensen Kim Lopez Moreau Novak Okafor"
)
STREETS = ("Maple Avenue", "Harbor Road", "Church Street", "Lakeview Drive", "Mill Lane", "Station Street")
CITIES = (
    ("Portland", "04101"),
    ("Albany", "12207"),
    ("Dover", "19901"),
    ("Salem", "01970"),
    ("Ithaca", "14850"),
)
CARRIERS = ("Parcelway", "Nordfleet", "Bluebird Express")
STATUSES = ("processing", "shipped", "out for delivery", "delivered", "cancelled", "backordered")


@dataclass(frozen=True, slots=True)
class Known:
    """An order that documents and tests may name: days are counted from the day of the seed."""

    number: str
    account: str
    status: str
    ordered: int
    shipped: int | None
    delivery: int | None
    carrier: str | None = None


KNOWN = (
    Known("12345", "100001", "shipped", -4, -2, 3, "Parcelway"),
    Known("70012", "100002", "delivered", -12, -9, -6, "Nordfleet"),
    Known("55781", "100003", "processing", -1, 1, 5),
    Known("40404", "100004", "cancelled", -8, None, None),
    Known("31877", "100005", "backordered", -6, None, None),
    Known("90210", "100006", "out for delivery", -5, -3, 0, "Bluebird Express"),
    Known("23456", "100001", "delivered", -60, -57, -54, "Parcelway"),
    Known("86420", "100002", "shipped", -10, -8, -2, "Nordfleet"),
    Known("67890", "100003", "delivered", -20, -18, -15, "Bluebird Express"),
    Known("11223", "100004", "processing", 0, 2, 6),
    Known("54321", "100005", "shipped", -3, -1, 2, "Nordfleet"),
)
KNOWN_RETURNS = (
    # order, announced, state, days of the refund
    ("70012", -3, "received", None),
    ("67890", -8, "refunded", -2),
    ("23456", -40, "announced", None),
)
KNOWN_BILLS = (
    # account, issued, due, amount, status
    ("100001", -10, 11, "84.90", "open"),
    ("100002", -40, -10, "212.40", "open"),
    ("100003", -15, -1, "58.00", "paid"),
    ("100004", -5, 25, "1249.50", "open"),
)
MORE_BILLS = (
    # an account with several open bills, beside its latest
    ("100006", -62, -32, "39.80", "open"),
    ("100006", -48, -18, "127.50", "open"),
    ("100006", -34, -4, "64.20", "open"),
)
NO_BILLS = ("100005",)


def seed(path: Path, *, number: int = 7, today: date) -> dict[str, int]:
    """Writes the database whole or not at all, and says how many rows each table has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}.part")
    half.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(half)) as database:
            database.executescript(SCHEMA)
            _Shop(database, random.Random(number), today).fill()
            database.commit()
            _keep_callbacks(path, database)
            counts = {
                table: int(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
                for table in (
                    "customers",
                    "products",
                    "orders",
                    "order_items",
                    "bills",
                    "returns",
                    "appointments",
                )
            }
        os.replace(half, path)
    finally:
        half.unlink(missing_ok=True)
    return counts


def _keep_callbacks(old: Path, database: sqlite3.Connection) -> None:
    """Takes over who wants to be called back: that was promised, whatever the other rows become."""
    if not old.is_file():
        return
    database.execute("ATTACH ? AS old", (str(old),))
    try:
        made = database.execute("SELECT sql FROM old.sqlite_master WHERE name = 'callbacks'").fetchone()
        if made is not None:
            database.execute(made[0])
            database.execute("INSERT INTO callbacks SELECT * FROM old.callbacks")
            database.commit()
    except sqlite3.DatabaseError:
        database.rollback()  # the old file is no database: there is nothing to keep
    finally:
        database.execute("DETACH old")


class _Shop:
    def __init__(self, database: sqlite3.Connection, chance: random.Random, today: date) -> None:
        self.database = database
        self.chance = chance
        self.today = today
        self.accounts = [f"{100001 + n}" for n in range(len(KNOWN) - 5)] + [
            f"{account}" for account in chance.sample(range(200000, 999999), 44)
        ]
        self.totals: dict[str, Decimal] = {}

    def day(self, offset: int | None) -> str | None:
        return None if offset is None else (self.today + timedelta(days=offset)).isoformat()

    def fill(self) -> None:
        self.customers()
        self.products()
        for known in KNOWN:
            self.order(known)
        taken = {known.number for known in KNOWN}
        while len(self.totals) < 140:
            number = f"{self.chance.randrange(10000, 99999)}"
            if number not in taken:
                taken.add(number)
                self.order(self.random_order(number))
        self.bills()
        self.returns()
        self.appointments()

    def customers(self) -> None:
        names = [f"{first} {last}" for first in FIRST.split() for last in LAST.split()]
        for account, name in zip(self.accounts, self.chance.sample(names, len(self.accounts)), strict=True):
            city, zip_code = self.chance.choice(CITIES)
            street = f"{self.chance.randrange(1, 240)} {self.chance.choice(STREETS)}"
            email = name.lower().replace(" ", ".") + "@example.com"
            phone = f"+1555010{self.chance.randrange(1000, 9999)}"
            self.database.execute(
                "INSERT INTO customers VALUES (?, ?, ?, ?, ?, ?, ?)",
                (account, name, email, phone, street, city, zip_code),
            )

    def products(self) -> None:
        for place, (name, price, stock, restock, warranty, reset) in enumerate(PRODUCTS):
            self.database.execute(
                "INSERT INTO products VALUES (?, ?, ?, ?, ?, ?, ?)",
                (f"HG{place + 101}", name, price, stock, self.day(restock), warranty, reset),
            )

    def random_order(self, number: str) -> Known:
        status = self.chance.choices(STATUSES, weights=(20, 25, 6, 60, 8, 6))[0]
        chance = self.chance.randrange
        account = self.chance.choice(self.accounts)
        carrier = self.chance.choice(CARRIERS)
        if status == "processing":
            return Known(number, account, status, -chance(0, 3), chance(1, 4), chance(5, 9))
        if status == "shipped":
            return Known(number, account, status, -chance(4, 7), -chance(1, 3), chance(1, 6), carrier)
        if status == "out for delivery":
            return Known(number, account, status, -chance(4, 8), -3, 0, carrier)
        if status == "delivered":
            arrived = chance(1, 80)
            return Known(number, account, status, -arrived - 6, -arrived - 4, -arrived, carrier)
        return Known(number, account, status, -chance(2, 30), None, None)

    def order(self, known: Known) -> None:
        chosen = self.chance.sample(range(len(PRODUCTS)), self.chance.randrange(1, 4))
        items = [
            (f"HG{place + 101}", self.chance.choice((1, 1, 1, 2)), PRODUCTS[place][1]) for place in chosen
        ]
        total = sum((Decimal(price) * quantity for _, quantity, price in items), Decimal(0))
        self.totals[known.number] = total
        self.database.execute(
            "INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)",
            (
                known.number,
                known.account,
                self.day(known.ordered),
                known.status,
                known.carrier,
                self.day(known.shipped),
                self.day(known.delivery),
                f"{total:.2f}",
            ),
        )
        self.database.executemany(
            "INSERT INTO order_items VALUES (?, ?, ?, ?)", [(known.number, *item) for item in items]
        )

    def bills(self) -> None:
        rows = list(KNOWN_BILLS)
        settled = {row[0] for row in KNOWN_BILLS} | set(NO_BILLS)
        for account in self.accounts:
            if account not in settled:
                issued = self.chance.randrange(2, 28)
                amount = f"{self.chance.randrange(1500, 60000) / 100:.2f}"
                rows.append((account, -issued, 30 - issued, amount, self.chance.choice(("open", "paid"))))
            if account not in NO_BILLS:
                amount = f"{self.chance.randrange(1500, 60000) / 100:.2f}"
                rows.append((account, -70, -40, amount, "paid"))
        for place, (account, issued, due, amount, status) in enumerate((*rows, *MORE_BILLS)):
            self.database.execute(
                "INSERT INTO bills VALUES (?, ?, ?, ?, ?, ?)",
                (f"{30001 + place}", account, self.day(issued), self.day(due), amount, status),
            )

    def returns(self) -> None:
        rows: list[tuple[str, int, str, int | None]] = list(KNOWN_RETURNS)
        known = {known.number for known in KNOWN}
        delivered = self.database.execute(
            "SELECT number FROM orders WHERE status = 'delivered' ORDER BY number"
        )
        others = [number for (number,) in delivered if number not in known]
        for number in self.chance.sample(others, 15):
            state = self.chance.choice(("announced", "received", "refunded"))
            rows.append((number, -self.chance.randrange(4, 20), state, -2 if state == "refunded" else None))
        for number, announced, state, refunded in rows:
            self.database.execute(
                "INSERT INTO returns (order_number, announced_date, state, refund_amount, refund_date)"
                " VALUES (?, ?, ?, ?, ?)",
                (number, self.day(announced), state, f"{self.totals[number]:.2f}", self.day(refunded)),
            )

    def appointments(self) -> None:
        made = datetime.combine(self.today, datetime.min.time()).isoformat(timespec="seconds")
        times = []
        for offset in range(1, 61):
            day = self.today + timedelta(days=offset)
            if day.weekday() < 5:
                times += [
                    (day.isoformat(), f"{hour:02d}:{minute:02d}")
                    for hour in range(9, 17)
                    for minute in (0, 30)
                ]
        self.database.executemany("INSERT INTO appointment_times VALUES (?, ?)", times)
        taken = [times[4], *self.chance.sample(times[5:], 24)]
        free_of = {"100004"}
        owners = ["100001", *self.chance.choices([a for a in self.accounts if a not in free_of], k=24)]
        for account, (day_text, at) in zip(owners, taken, strict=True):
            self.database.execute(
                "INSERT INTO appointments (account_number, date, time, made_at) VALUES (?, ?, ?, ?)",
                (account, day_text, at, made),
            )
