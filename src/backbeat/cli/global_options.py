"""What the help says of the options that every verb takes: what they do, their defaults, their names elsewhere."""

DATA_DIR = "Where Backbeat keeps its files (BACKBEAT_DATA_DIR; default .backbeat)."
DATABASE = "PostgreSQL address; without it, an embedded server (BACKBEAT_DATABASE_URL)."
CONFIG = "TOML file with settings; the environment and options go before it."
LOG_LEVEL = "debug, info, warning or error (BACKBEAT_LOG_LEVEL; default info, of answers warning)."
WIDE = "Print all columns of tables, however narrow the terminal is."
JSON = "Print JSON, for programs; errors as well."
