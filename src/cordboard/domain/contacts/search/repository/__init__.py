"""The SQL of searching contacts: conditions, finding, the segments that make it quick, saved queries."""
