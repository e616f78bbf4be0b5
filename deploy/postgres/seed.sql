-- The demonstration's 100 customers, the same ones each time, unless the table has rows already.
WITH people AS (
  SELECT
    n,
    (ARRAY['Ada', 'Björn', 'Chloé', 'Dmitri', 'Ewa', 'Fatima', 'Gör', 'Hana', 'Iñaki', '静香'])
      [1 + (n - 1) % 10] AS given_name,
    (ARRAY['Almeida', 'Brandt', 'Çelik', 'Dvořák', 'Eriksen', 'Fischer', 'García', 'Hansen',
           'Ivanova', 'Jansen'])[1 + (n - 1) / 10] AS family_name
  FROM generate_series(1, 100) AS n
)
INSERT INTO public.customers (name, email, phone, created_at)
SELECT
  given_name || ' ' || family_name,
  'customer' || n || '@example.com',
  '+49 30 ' || lpad((5550000 + n * 37)::text, 7, '0'),
  timestamptz '2026-01-01 08:00:00+00' + n * interval '7 hours'
FROM people
WHERE NOT EXISTS (SELECT FROM public.customers)
ORDER BY n;
