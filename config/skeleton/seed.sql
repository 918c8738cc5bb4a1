-- The demo's data: `agent business seed NAME --force` makes the database anew by this file. Dates count from
-- the day of the seed: date('now', '+3 days'). Each statement ends with a semicolon.
CREATE TABLE orders (
  number TEXT PRIMARY KEY,             -- text: a number like 0042 keeps its zeros
  item TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('in work', 'ready', 'picked up')),
  ready_date TEXT                      -- YYYY-MM-DD, or nothing while it isn't known
);
INSERT INTO orders VALUES
  ('1001', 'oak table', 'ready', date('now', '-1 days')),
  ('1002', 'blue chair', 'in work', date('now', '+3 days')),
  ('1003', 'book shelf', 'in work', date('now', '-2 days')),
  ('1004', 'picture frame', 'picked up', date('now', '-9 days')),
  ('1005', 'writing desk', 'in work', NULL);
