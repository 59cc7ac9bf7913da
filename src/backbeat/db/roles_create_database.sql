CREATE DATABASE backbeat OWNER backbeat
