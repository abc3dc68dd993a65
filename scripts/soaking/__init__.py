"""A soak of the collectors against stub platforms: an hour of traffic, faults and kills on an accelerated clock."""
