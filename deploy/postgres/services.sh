#!/usr/bin/env bash
# Runs once, on an empty volume: a database for each service, and an owner for it that may make
# the service's role. Nobody else connects to it; the superuser's password is not needed again.
set -euo pipefail

for service in $DATABASES; do
  export DATABASE=$service OWNER=${service}_owner
  variable=${service^^}_OWNER_PASSWORD
  export PASSWORD=${!variable:?of the owner of $service}
  # The password goes by the environment: arguments show in the list of processes.
  psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 \
    --username "$POSTGRES_USER" --dbname "${POSTGRES_DB:-postgres}" <<'SQL'
\getenv database DATABASE
\getenv owner OWNER
\getenv password PASSWORD
CREATE ROLE :"owner" LOGIN CREATEROLE PASSWORD :'password';
CREATE DATABASE :"database" OWNER :"owner";
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
SQL
done
