"""Who is really listening: what plays show of accounts. Evidence; no verdict is drawn from it."""
