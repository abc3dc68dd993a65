"""Post-record files with known truth: ordinary weeks, incidents, news, campaigns, bot floods and collector outages, drawn from a seed."""
