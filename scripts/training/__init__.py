"""How the shipped classifier is made: reading the texts, fitting, calibrating, measuring, writing the card."""
