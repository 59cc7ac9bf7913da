-- Who asks the network's API server, and how often: written by that server.

CREATE TABLE IF NOT EXISTS aggregate_daily_app_name_metrics (
    id serial PRIMARY KEY, application_name varchar NOT NULL, count integer NOT NULL, timestamp date NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE IF NOT EXISTS aggregate_daily_total_users_metrics (
    id serial PRIMARY KEY, count integer NOT NULL, timestamp date NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, personal_count integer
);

CREATE TABLE IF NOT EXISTS aggregate_daily_unique_users_metrics (
    id serial PRIMARY KEY, count integer NOT NULL, timestamp date NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, summed_count integer, personal_count integer
);

CREATE TABLE IF NOT EXISTS aggregate_monthly_app_name_metrics (
    id serial PRIMARY KEY, application_name varchar NOT NULL, count integer NOT NULL, timestamp date NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE IF NOT EXISTS aggregate_monthly_total_users_metrics (
    id serial PRIMARY KEY, count integer NOT NULL, timestamp date NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, personal_count integer
);

CREATE TABLE IF NOT EXISTS aggregate_monthly_unique_users_metrics (
    id serial PRIMARY KEY, count integer NOT NULL, timestamp date NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, summed_count integer, personal_count integer
);

CREATE TABLE IF NOT EXISTS api_metrics_apps (
    date date NOT NULL, api_key varchar(255) NOT NULL, app_name varchar(255) NOT NULL,
    request_count bigint NOT NULL DEFAULT 0, created_at timestamp NOT NULL DEFAULT now(),
    updated_at timestamp NOT NULL DEFAULT now(), PRIMARY KEY (date, api_key, app_name)
);
CREATE INDEX IF NOT EXISTS idx_api_metrics_apps_api_key ON api_metrics_apps (api_key) WHERE api_key IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_api_metrics_apps_app_name ON api_metrics_apps (app_name) WHERE app_name IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_api_metrics_apps_date ON api_metrics_apps (date);

CREATE TABLE IF NOT EXISTS api_metrics_counts (
    date date PRIMARY KEY, hll_sketch bytea NOT NULL, total_count bigint NOT NULL DEFAULT 0,
    unique_count bigint NOT NULL DEFAULT 0, created_at timestamp DEFAULT now(), updated_at timestamp DEFAULT now()
);
CREATE INDEX IF NOT EXISTS idx_api_metrics_counts_date ON api_metrics_counts (date);

CREATE TABLE IF NOT EXISTS api_metrics_routes (
    date date NOT NULL, route_pattern varchar(512) NOT NULL, method varchar(10) NOT NULL,
    request_count bigint NOT NULL DEFAULT 0, created_at timestamp NOT NULL DEFAULT now(),
    updated_at timestamp NOT NULL DEFAULT now(), PRIMARY KEY (date, route_pattern, method)
);
CREATE INDEX IF NOT EXISTS idx_api_metrics_routes_date ON api_metrics_routes (date);
CREATE INDEX IF NOT EXISTS idx_api_metrics_routes_method ON api_metrics_routes (method);
CREATE INDEX IF NOT EXISTS idx_api_metrics_routes_route_pattern ON api_metrics_routes (route_pattern);
