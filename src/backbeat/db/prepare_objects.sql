-- Functions come before the views and the captures that they name.
SELECT set_config('check_function_bodies', 'off', true)
