# coding: klingon
def execute(ctx, *, text: str, title: str = ''):
    return 1
