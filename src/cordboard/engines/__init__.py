"""Pure interpreters and maths: state in, results out."""
