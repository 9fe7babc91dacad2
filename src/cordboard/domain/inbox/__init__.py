"""The inbox: conversations with contacts, and who is told of them live."""
