"""Programs that measure: speed beside other loops, and the tables that notebooks show."""
