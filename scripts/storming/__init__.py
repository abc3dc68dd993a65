"""The storm: hundreds of incidents in an hour, and what staff receive of them."""
