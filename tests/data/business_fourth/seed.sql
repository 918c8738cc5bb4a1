CREATE TABLE sittings (date TEXT NOT NULL, time TEXT NOT NULL, seats INTEGER NOT NULL, PRIMARY KEY (date, time));
WITH RECURSIVE days (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM days WHERE n < 60),
times (time) AS (VALUES ('12:30'), ('17:30'), ('18:30'), ('19:30'), ('20:30'))
INSERT INTO sittings SELECT date('now', '+' || n || ' days'), time, 10 FROM days, times;
CREATE TABLE reservations (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, date TEXT NOT NULL, time TEXT NOT NULL, guests INTEGER NOT NULL,
  made_by TEXT);
INSERT INTO reservations (name, date, time, guests)
SELECT 'Ferrari', date('now', '+4 days'), '19:30', 8;
CREATE TABLE dishes (name TEXT PRIMARY KEY, price TEXT NOT NULL, vegetarian INTEGER NOT NULL);
INSERT INTO dishes VALUES
  ('mushroom risotto', '18.50', 1), ('grilled sea bass', '27.00', 0), ('lamb shoulder', '29.50', 0),
  ('lentil soup', '9.00', 1), ('almond cake', '8.50', 1);
