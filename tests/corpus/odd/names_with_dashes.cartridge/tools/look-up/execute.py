def execute(word):
    return word
