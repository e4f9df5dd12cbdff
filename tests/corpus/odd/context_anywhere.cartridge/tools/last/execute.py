def execute(text, ctx):
    return text
