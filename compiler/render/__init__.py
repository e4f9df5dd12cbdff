"""Renderers: a report as text for people, or as json, github or sarif for machines.

They know reports and nothing of rules' reasons; each is one function `render(report, …) -> str`.
"""
