-- Customers.
CREATE TABLE IF NOT EXISTS shop.customers (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL
);

CREATE UNIQUE INDEX idx_name ON customers (name);

-- Those who pay.
CREATE OR REPLACE VIEW paying AS
SELECT id FROM customers WHERE paid;

CREATE MATERIALIZED VIEW totals AS SELECT 1;

CREATE TYPE state AS ENUM ('open', 'closed');

CREATE OR REPLACE FUNCTION add_one(x integer) RETURNS integer AS $$
BEGIN
    RETURN x + 1;
END;
$$ LANGUAGE plpgsql;

CREATE TRIGGER on_insert BEFORE INSERT ON customers FOR EACH ROW EXECUTE FUNCTION check_it();

CREATE SEQUENCE numbers START 1;

ALTER TABLE customers ADD COLUMN age INTEGER;

CREATE PROCEDURE cleanup() LANGUAGE sql AS $$ DELETE FROM customers; $$;

CREATE SCHEMA sales;

INSERT INTO customers VALUES (1, 'x');
