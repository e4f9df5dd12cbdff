def shorten(text):
    return text[:100]
