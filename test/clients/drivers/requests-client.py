"""GETs a URL with Requests: requests-client.py basic|digest|bytes URL REALM USERNAME PASSWORD"""

import sys

import requests
from requests.auth import HTTPBasicAuth, HTTPDigestAuth

kind, url, _realm, username, password = sys.argv[1:]
auth = {
    "basic": lambda: HTTPBasicAuth(username, password),
    "bytes": lambda: HTTPBasicAuth(username.encode(), password.encode()),
    "digest": lambda: HTTPDigestAuth(username, password),
}[kind]()
response = requests.get(url, auth=auth)
print(response.status_code)
print(response.text)
