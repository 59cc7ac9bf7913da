SELECT name FROM backbeat.adoption_steps
