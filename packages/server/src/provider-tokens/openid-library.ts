/** openid-client, loaded when a provider is first asked, and what every redirect to one has: state, nonce and PKCE. */

/** What a sign-in keeps between leaving for the provider and coming back. */
export interface PendingRedirect {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
}

/** Loaded when a provider is first asked. */
export function library() {
  return import('openid-client')
}

/** `asked`: parameters of the URL that the browser goes to. */
export async function startRedirect(redirectUri: string) {
  const client = await library()
  const pending: PendingRedirect = {
    state: client.randomState(),
    nonce: client.randomNonce(),
    verifier: client.randomPKCECodeVerifier(),
  }
  const asked = {
    redirect_uri: redirectUri,
    state: pending.state,
    nonce: pending.nonce,
    code_challenge: await client.calculatePKCECodeChallenge(pending.verifier),
    code_challenge_method: 'S256',
  }
  return { pending, asked }
}
