"""An early warning of public complaints: from posts to one living alert, before thousands have seen them."""

__version__ = "0.1.0"
