/**
 * What the `try` client remembers between calls: its registration and its tokens, in one file that only its owner can
 * read (0600). Implements the SDK's OAuthClientProvider; the browser part is handed in.
 */
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js'
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js'

interface Saved {
  client?: OAuthClientInformationMixed
  tokens?: OAuthTokens
}

export interface SavedSignIn extends OAuthClientProvider {
  /** The `state` of the authorization request under way; the callback must bring the same. */
  expectedState(): string | undefined
  forget(): void
}

export function createSavedSignIn(options: {
  file: string
  redirectUrl: string
  openBrowser: (url: URL) => void
}): SavedSignIn {
  let verifier: string | undefined
  let state: string | undefined
  let saved = read()

  function read(): Saved {
    try {
      return JSON.parse(readFileSync(options.file, 'utf8')) as Saved
    } catch {
      return {} // Never signed in, or a file that is not ours to trust: sign in again.
    }
  }
  function write(next: Saved) {
    saved = next
    mkdirSync(dirname(options.file), { recursive: true, mode: 0o700 })
    const part = `${options.file}.part`
    writeFileSync(part, JSON.stringify(next), { mode: 0o600 })
    chmodSync(part, 0o600)
    renameSync(part, options.file)
  }

  return {
    redirectUrl: options.redirectUrl,
    clientMetadata: {
      client_name: 'email-connector try',
      redirect_uris: [options.redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    },
    state: () => {
      state = randomBytes(16).toString('hex')
      return state
    },
    expectedState: () => state,
    clientInformation: () => saved.client,
    saveClientInformation: (client) => write({ ...saved, client }),
    tokens: () => saved.tokens,
    saveTokens: (tokens) => write({ ...saved, tokens }),
    redirectToAuthorization: options.openBrowser,
    saveCodeVerifier: (codeVerifier) => {
      verifier = codeVerifier
    },
    codeVerifier: () => {
      if (verifier === undefined)
        throw new Error('The sign-in was not started by this process; run the command again.')
      return verifier
    },
    invalidateCredentials: (scope) => {
      if (scope === 'all') write({})
      else if (scope === 'client') write(saved.tokens === undefined ? {} : { tokens: saved.tokens })
      else if (scope === 'tokens') write(saved.client === undefined ? {} : { client: saved.client })
    },
    forget: () => {
      saved = {}
      rmSync(options.file, { force: true })
    },
  }
}
