SELECT blocknumber, place, ordinal
FROM backbeat.place_between_blocks()
