"""Small tools without business nouns: clock, ids, errors, money, phone numbers, paging, backoff, secrets."""
