-- The demo's data: `agent business seed utility --force` makes data/utility.db anew. Dates count from the day
-- of the seed.
CREATE TABLE areas (zip TEXT PRIMARY KEY, town TEXT NOT NULL);
INSERT INTO areas VALUES
  ('19930', 'Millbrook'), ('19931', 'North Millbrook'), ('19932', 'Ashford'), ('19933', 'Lower Ashford'),
  ('19934', 'Fenwick'), ('19935', 'Port Ellis');

CREATE TABLE tariffs (
  name TEXT PRIMARY KEY,
  service TEXT NOT NULL CHECK (service IN ('electricity', 'water')),
  unit_price TEXT NOT NULL,            -- dollars a unit
  unit TEXT NOT NULL,
  monthly_charge TEXT NOT NULL         -- dollars
);
INSERT INTO tariffs VALUES
  ('Standard Power', 'electricity', '0.16', 'kilowatt hour', '9.80'),
  ('Night Power', 'electricity', '0.13', 'kilowatt hour', '12.40'),
  ('Green Power', 'electricity', '0.18', 'kilowatt hour', '9.80'),
  ('Home Water', 'water', '4.35', 'cubic meter', '7.20');

CREATE TABLE accounts (
  number TEXT PRIMARY KEY,             -- 7 digits
  name TEXT NOT NULL,
  street TEXT NOT NULL,
  zip TEXT NOT NULL REFERENCES areas (zip),
  power_tariff TEXT NOT NULL REFERENCES tariffs (name)
);
INSERT INTO accounts VALUES
  ('4100017', 'Dana Whitfield', '12 Mill Lane', '19930', 'Standard Power'),
  ('4100025', 'Omar Reyes', '3 Orchard Road', '19931', 'Night Power'),
  ('4100033', 'Grace Lindqvist', '77 Quarry Street', '19932', 'Green Power'),
  ('4100041', 'Peter Novak', '5 Harbor View', '19935', 'Standard Power'),
  ('4100058', 'Yuki Tanaka', '210 River Road', '19933', 'Standard Power'),
  ('4100066', 'Ruth Abernathy', '9 Chapel Hill', '19934', 'Night Power');

CREATE TABLE meters (
  id TEXT PRIMARY KEY,
  account_number TEXT NOT NULL REFERENCES accounts (number),
  service TEXT NOT NULL CHECK (service IN ('electricity', 'water')),
  unit TEXT NOT NULL,
  usual_monthly INTEGER NOT NULL       -- units that this household uses in 30 days
);
INSERT INTO meters VALUES
  ('E-017', '4100017', 'electricity', 'kilowatt hours', 420), ('W-017', '4100017', 'water', 'cubic meters', 11),
  ('E-025', '4100025', 'electricity', 'kilowatt hours', 610), ('W-025', '4100025', 'water', 'cubic meters', 14),
  ('E-033', '4100033', 'electricity', 'kilowatt hours', 280), ('W-033', '4100033', 'water', 'cubic meters', 8),
  ('E-041', '4100041', 'electricity', 'kilowatt hours', 350), ('W-041', '4100041', 'water', 'cubic meters', 9),
  ('E-058', '4100058', 'electricity', 'kilowatt hours', 500), ('W-058', '4100058', 'water', 'cubic meters', 12),
  ('E-066', '4100066', 'electricity', 'kilowatt hours', 300), ('W-066', '4100066', 'water', 'cubic meters', 7);

CREATE TABLE readings (
  id INTEGER PRIMARY KEY,
  meter TEXT NOT NULL REFERENCES meters (id),
  date TEXT NOT NULL,
  value INTEGER NOT NULL,
  how TEXT NOT NULL DEFAULT 'by us',
  unusual INTEGER NOT NULL DEFAULT 0,
  change_key TEXT UNIQUE
);
INSERT INTO readings (meter, date, value) VALUES
  ('E-017', date('now', '-61 days'), 17580), ('E-017', date('now', '-30 days'), 18020),
  ('W-017', date('now', '-30 days'), 1204), ('E-025', date('now', '-29 days'), 40310),
  ('W-025', date('now', '-29 days'), 2377), ('E-033', date('now', '-33 days'), 9150),
  ('W-033', date('now', '-33 days'), 640), ('E-041', date('now', '-28 days'), 26400),
  ('W-041', date('now', '-28 days'), 1811), ('E-058', date('now', '-31 days'), 55120),
  ('W-058', date('now', '-31 days'), 3090), ('E-066', date('now', '-30 days'), 12875),
  ('W-066', date('now', '-30 days'), 455);

CREATE TABLE bills (
  number TEXT PRIMARY KEY,
  account_number TEXT NOT NULL REFERENCES accounts (number),
  issued_date TEXT NOT NULL,
  due_date TEXT NOT NULL,
  amount TEXT NOT NULL,                -- dollars
  used INTEGER NOT NULL,               -- kilowatt hours
  status TEXT NOT NULL CHECK (status IN ('open', 'paid'))
);
INSERT INTO bills VALUES
  ('800101', '4100017', date('now', '-58 days'), date('now', '-37 days'), '121.05', 395, 'paid'),
  ('800102', '4100017', date('now', '-28 days'), date('now', '+9 days'), '134.80', 440, 'open'),
  ('800103', '4100025', date('now', '-57 days'), date('now', '-36 days'), '158.20', 600, 'open'),
  ('800104', '4100025', date('now', '-27 days'), date('now', '-6 days'), '163.75', 625, 'open'),
  ('800105', '4100033', date('now', '-31 days'), date('now', '-10 days'), '98.60', 262, 'paid'),
  ('800106', '4100041', date('now', '-56 days'), date('now', '-35 days'), '109.90', 340, 'paid'),
  ('800107', '4100041', date('now', '-26 days'), date('now', '+14 days'), '76.40', 335, 'open'),
  ('800108', '4100058', date('now', '-29 days'), date('now', '-8 days'), '412.30', 505, 'open');

CREATE TABLE plans (
  account_number TEXT PRIMARY KEY REFERENCES accounts (number),
  part TEXT NOT NULL,                  -- dollars a month
  parts_left INTEGER NOT NULL,
  next_date TEXT NOT NULL
);
INSERT INTO plans VALUES ('4100058', '68.75', 5, date('now', '+12 days'));

CREATE TABLE outages (
  id INTEGER PRIMARY KEY,
  zip TEXT NOT NULL REFERENCES areas (zip),
  service TEXT NOT NULL CHECK (service IN ('electricity', 'water')),
  state TEXT NOT NULL CHECK (state IN ('now', 'planned', 'over')),
  cause TEXT NOT NULL,
  start_date TEXT NOT NULL,
  start_time TEXT NOT NULL,
  end_date TEXT,                       -- nothing while it isn't known
  end_time TEXT
);
INSERT INTO outages VALUES
  (1, '19932', 'electricity', 'now', 'a fallen tree', date('now'), '06:40', date('now'), '23:30'),
  (2, '19933', 'electricity', 'now', 'a damaged cable', date('now', '-1 days'), '21:15', NULL, NULL),
  (3, '19934', 'water', 'planned', 'a new valve', date('now', '+3 days'), '09:00', date('now', '+3 days'), '13:00'),
  (4, '19931', 'water', 'over', 'a burst pipe', date('now', '-2 days'), '04:20', date('now', '-2 days'), '11:45');
CREATE TABLE outage_reports (
  id INTEGER PRIMARY KEY, zip TEXT NOT NULL, service TEXT NOT NULL, reported_at TEXT NOT NULL, change_key TEXT UNIQUE
);

CREATE TABLE moves (
  id INTEGER PRIMARY KEY,
  account_number TEXT NOT NULL REFERENCES accounts (number),
  kind TEXT NOT NULL CHECK (kind IN ('out', 'in')),
  date TEXT NOT NULL,
  final_reading INTEGER,
  new_zip TEXT,
  noted_at TEXT NOT NULL,
  change_key TEXT UNIQUE
);
INSERT INTO moves (account_number, kind, date, final_reading, noted_at)
  VALUES ('4100066', 'out', date('now', '+20 days'), NULL, date('now', '-3 days'));
CREATE TABLE callbacks (
  id INTEGER PRIMARY KEY, number TEXT NOT NULL, asked_at TEXT NOT NULL, reason TEXT,
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done'))
);
