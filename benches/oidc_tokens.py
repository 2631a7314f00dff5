"""Signs people in to the product of benches/oidc and writes their tokens into the files that the scripts of wrk read."""
import base64
import http.client
import json
import sys
import urllib.parse

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
REDIRECT_URI = "https://bench.example/callback"
BASIC = "Basic " + base64.b64encode(b"bench:bench-secret-0123456789-0123456789").decode()


def main(address, folder):
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(address).netloc)
    with open(f"{folder}/owners.txt") as file:
        owners = [line.split() for line in file]
    with open(f"{folder}/access_tokens.txt", "w") as access, open(f"{folder}/refresh_tokens.txt", "w") as refresh:
        for cookie, account in owners:
            query = urllib.parse.urlencode({
                "client_id": "bench", "redirect_uri": REDIRECT_URI, "response_type": "code", "account": account,
                "scope": "openid offline_access", "code_challenge": CHALLENGE, "code_challenge_method": "S256"})
            connection.request("GET", f"/oauth2/authorize?{query}", headers={"Cookie": cookie, "Host": "localhost"})
            response = connection.getresponse()
            response.read()
            target = urllib.parse.urlsplit(response.getheader("Location"))
            code = dict(urllib.parse.parse_qsl(target.query))["code"]
            body = urllib.parse.urlencode({
                "grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI, "code_verifier": VERIFIER})
            connection.request("POST", "/oauth2/token", body, {
                "Authorization": BASIC, "Content-Type": "application/x-www-form-urlencoded", "Host": "localhost"})
            tokens = json.load(connection.getresponse())
            access.write(tokens["access_token"] + "\n")
            refresh.write(tokens["refresh_token"] + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
