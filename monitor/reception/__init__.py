"""Where staff answer while the daemon runs, beside its schedule: buttons and commands in Slack, links of mails over [web].

Signed signals come in by [web] as well. What staff ask for, ``actions`` does.
"""
