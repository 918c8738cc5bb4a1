-- The demo clinic: people, doctors and what they offer, for `agent business seed clinic --force`.
-- Dates count from the day of the seed. The people are invented.
CREATE TABLE doctors (name TEXT PRIMARY KEY, does TEXT NOT NULL);
INSERT INTO doctors VALUES
  ('Patel', 'family medicine'), ('Okafor', 'family medicine'), ('Reyes', 'children');

CREATE TABLE patients (
  patient_number TEXT PRIMARY KEY, first_name TEXT NOT NULL, last_name TEXT NOT NULL, birth_date TEXT NOT NULL,
  doctor TEXT NOT NULL REFERENCES doctors (name), insurer TEXT);
INSERT INTO patients VALUES
  ('20417', 'Helen', 'Marsh', '1985-03-14', 'Patel', 'Blue Harbor'),
  ('31806', 'Victor', 'Lindgren', '1952-11-02', 'Okafor', 'Medicare'),
  ('45092', 'Amara', 'Cole', '2019-06-21', 'Reyes', 'Medicaid'),
  ('52733', 'Daniel', 'Foster', '1990-12-01', 'Patel', 'Prairie Mutual'),
  ('60158', 'Grace', 'Foster', '1990-12-01', 'Okafor', 'Oakline Health'),
  ('77340', 'Samuel', 'Whitaker', '1973-08-30', 'Patel', NULL),
  ('81925', 'Irene', 'Delgado', '1968-01-09', 'Okafor', 'Blue Harbor');

-- Times that the doctors offer, for three months: which of them are open is worked out from the opening hours.
CREATE TABLE offered_times (doctor TEXT NOT NULL, date TEXT NOT NULL, time TEXT NOT NULL,
  PRIMARY KEY (doctor, date, time));
WITH RECURSIVE days (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM days WHERE n < 90),
times (time) AS (VALUES ('08:20'), ('09:00'), ('09:40'), ('10:20'), ('11:00'), ('14:00'), ('14:40'), ('15:20'),
  ('16:00'), ('16:40'))
INSERT INTO offered_times
SELECT d.name, date('now', '+' || n || ' days'), time FROM days, times, doctors d
WHERE (d.name <> 'Reyes' OR time < '12:00') AND (d.name <> 'Okafor' OR n % 2 = 0 OR time >= '12:00');

CREATE TABLE appointments (
  appointment_number TEXT PRIMARY KEY, patient_number TEXT NOT NULL REFERENCES patients (patient_number),
  doctor TEXT NOT NULL, date TEXT NOT NULL, time TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'booked' CHECK (state IN ('booked', 'cancelled')),
  was_date TEXT, was_time TEXT, changed_at TEXT);
-- The first open days at least three, five, eight and twelve days ahead: no weekend, no holiday.
CREATE TEMP TABLE open_ahead AS
WITH RECURSIVE days (n) AS (SELECT 3 UNION ALL SELECT n + 1 FROM days WHERE n < 40),
open AS (SELECT n, date('now', '+' || n || ' days') AS date FROM days)
SELECT date, row_number() OVER (ORDER BY n) AS place FROM open
WHERE strftime('%w', date) NOT IN ('0', '3', '6') AND strftime('%m-%d', date) NOT IN ('01-01', '07-04', '12-24', '12-25')
  AND date NOT IN ('2026-11-26', '2027-05-31', '2027-09-06', '2027-11-25');
INSERT INTO appointments (appointment_number, patient_number, doctor, date, time)
SELECT '700101', '20417', 'Patel', date, '09:40' FROM open_ahead WHERE place = 1;
INSERT INTO appointments (appointment_number, patient_number, doctor, date, time)
SELECT '700102', '31806', 'Okafor', date, '14:40' FROM open_ahead WHERE place = 2;
INSERT INTO appointments (appointment_number, patient_number, doctor, date, time)
SELECT '700103', '31806', 'Patel', date, '11:00' FROM open_ahead WHERE place = 6;
INSERT INTO appointments (appointment_number, patient_number, doctor, date, time)
SELECT '700104', '45092', 'Reyes', date, '10:20' FROM open_ahead WHERE place = 3;
INSERT INTO appointments (appointment_number, patient_number, doctor, date, time)
SELECT '700105', '81925', 'Okafor', date, '15:20' FROM open_ahead WHERE place = 4;
INSERT INTO appointments (appointment_number, patient_number, doctor, date, time) VALUES
  ('700099', '52733', 'Patel', date('now', '-20 days'), '09:00');
DROP TABLE open_ahead;

CREATE TABLE prescriptions (
  prescription_number TEXT PRIMARY KEY, patient_number TEXT NOT NULL REFERENCES patients (patient_number),
  medicine TEXT NOT NULL, pharmacy TEXT NOT NULL, asked_date TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('with the doctor', 'sent', 'needs a visit')), sent_date TEXT);
INSERT INTO prescriptions VALUES
  ('300201', '20417', 'lisinopril', 'Corner Pharmacy', date('now', '-3 days'), 'sent', date('now', '-1 days')),
  ('300202', '31806', 'metformin', 'Mill Road Pharmacy', date('now', '-1 days'), 'with the doctor', NULL),
  ('300203', '31806', 'atorvastatin', 'Mill Road Pharmacy', date('now', '-6 days'), 'sent', date('now', '-4 days')),
  ('300204', '77340', 'sertraline', 'Corner Pharmacy', date('now', '-2 days'), 'needs a visit', NULL);

CREATE TABLE insurers (name TEXT PRIMARY KEY, accepted INTEGER NOT NULL);
INSERT INTO insurers VALUES
  ('Medicare', 1), ('Medicaid', 1), ('Blue Harbor', 1), ('Prairie Mutual', 1), ('Oakline Health', 1),
  ('Summit Care', 0), ('Redstone', 0);
