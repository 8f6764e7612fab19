"""What plays are paid for, and how much of the money is for artificial plays."""
