def execute(**anything):
    return anything
