ALTER ROLE {role} PASSWORD {value}
