SET LOCAL {name} = {value}
