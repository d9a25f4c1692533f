"""The web server: an API and pages on a log, for `veritas serve`.

routes     every route of the API, in one table, which also makes the OpenAPI document
api/       one file a resource: functions that answer a request from the log
pages/     one file a page; their templates are in templates/, their styles and scripts in static/
streams    the messages of runs, to any number of clients, each from its own place and at its own pace
security/  who may ask, for what, how often, and what a browser may do with the answer
app        puts these together; server runs it
"""
