"""A made-up discovery database, as large as one asks: scale 1 is a tenth of the main network's."""
