"""GETs a URL with urllib: urllib-client.py basic|basic+digest URL (REALM USERNAME PASSWORD)..."""

import sys
import urllib.error
import urllib.request

kind, url, *rest = sys.argv[1:]
passwords = urllib.request.HTTPPasswordMgr()
for realm, username, password in zip(*[iter(rest)] * 3):
    passwords.add_password(realm, url, username, password)
handlers = [urllib.request.HTTPBasicAuthHandler(passwords)]
if kind == "basic+digest":
    handlers.append(urllib.request.HTTPDigestAuthHandler(passwords))
opener = urllib.request.build_opener(*handlers)
try:
    response = opener.open(url)
except urllib.error.HTTPError as error:
    response = error
print(response.status)
print(response.read().decode())
