SELECT true AS key WHERE NOT %(after)s::boolean
