-- The demonstration table: 100 customers, the same ones each time.
create table public.customers (
  id bigint generated always as identity primary key,
  name text not null,
  email text not null,
  phone text,
  created_at timestamptz not null default now()
);

with people as (
  select n,
         (array['Ada', 'Björn', 'Chloé', 'Dmitri', 'Ewa', 'Fatima', 'Gör', 'Hana', 'Iñaki', '静香'])
           [1 + (n - 1) % 10] as given_name,
         (array['Almeida', 'Brandt', 'Çelik', 'Dvořák', 'Eriksen', 'Fischer', 'García', 'Hansen',
                'Ivanova', 'Jansen'])[1 + (n - 1) / 10] as family_name
  from generate_series(1, 100) as n
)
insert into public.customers (name, email, phone, created_at)
select given_name || ' ' || family_name,
       'customer' || n || '@example.com',
       '+49 30 ' || lpad((5550000 + n * 37)::text, 7, '0'),
       timestamptz '2026-01-01 08:00:00+00' + n * interval '7 hours'
from people
order by n;
