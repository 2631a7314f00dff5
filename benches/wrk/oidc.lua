-- What the scripts of benches/oidc share: the client's requests and lists of tokens.

verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
redirect_uri = "https%3A%2F%2Fbench.example%2Fcallback"

-- A request of the client, which authenticates in the header.
function post(path, body)
  return wrk.format("POST", path, {
    authorization = "Basic YmVuY2g6YmVuY2gtc2VjcmV0LTAxMjM0NTY3ODktMDEyMzQ1Njc4OQ==",
    ["content-type"] = "application/x-www-form-urlencoded",
  }, body)
end

-- The lines of a file; this thread's are those whose turn it is.
function lines_of(name)
  local threads, found, at = tonumber(os.getenv("THREADS")), {}, 0
  for line in io.lines(os.getenv("WRK_DATA") .. "/" .. name) do
    if at % threads == number then found[#found + 1] = line end
    at = at + 1
  end
  return found
end
