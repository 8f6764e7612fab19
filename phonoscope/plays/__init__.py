"""Who is really listening: plays, what they show about accounts, and which are artificial."""
