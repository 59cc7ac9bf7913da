SELECT blocknumber FROM backbeat.place_between_blocks()
