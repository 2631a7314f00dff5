// The certified oidc-provider package on a port of this machine, with one client and two people, whose ids are their
// addresses. It prints where it is and ends with its standard input.
import { createServer } from "node:http";
import Provider from "oidc-provider";

const [redirect] = process.argv.slice(2);
// Only the address goes to standard output; the test reads one line of it.
const say = console.log;
for (const way of ["log", "info", "warn"]) console[way] = console.error;
const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{
      client_id: "convoke",
      client_secret: "a secret of sixteen",
      redirect_uris: [redirect],
      response_types: ["code"],
      grant_types: ["authorization_code"],
    }],
    pkce: { required: () => true },
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["given_name", "family_name"] },
    conformIdTokenClaims: true,
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, email: id, email_verified: !id.startsWith("unproven"), given_name: "Gil",
        family_name: "Tester" }),
    }),
  });
  provider.proxy = false;
  server.on("request", provider.callback());
  say(issuer);
});
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
