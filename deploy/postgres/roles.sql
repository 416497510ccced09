-- As a superuser, before the first migration, with \set owner and \set app as the two passwords.
-- Policies name portal_app: it must be called so, and owns nothing.
CREATE ROLE portal_owner LOGIN PASSWORD :'owner';
CREATE ROLE portal_app LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD :'app';
