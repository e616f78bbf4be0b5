-- The demonstration's table; seed.sql has its rows.
CREATE TABLE IF NOT EXISTS public.customers (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name       text NOT NULL,
  email      text NOT NULL,
  phone      text,
  created_at timestamptz NOT NULL DEFAULT now()
);
