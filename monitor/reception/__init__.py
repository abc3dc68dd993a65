"""Where staff answer while the daemon runs, beside its schedule: buttons and commands in Slack. What they ask for, ``actions`` does."""
