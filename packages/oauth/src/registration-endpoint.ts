/**
 * Dynamic client registration (RFC 7591) that stores nothing: the client id carries the name and the redirect URIs
 * under a MAC. Every client is public; URLs in the metadata are neither fetched nor kept. Redirect URIs that this
 * server does not accept are left out of the answer (§3.2.1 lets the server change what was asked). The others are
 * answered with their ports, which the client id leaves out: strict clients look for the address that they sent.
 */
import { noStore } from './answer.ts'
import { answerErrors } from './answer-errors.ts'
import { toDisplayName } from './clients.ts'
import { OAuthError } from './errors.ts'
import { assertPost, readText } from './form.ts'
import type { Settings } from './settings.ts'
import { toShownAddress } from './shown-address.ts'

const maxBodyBytes = 8 * 1024
const maxRedirectUris = 20

export function createRegistrationEndpoint(settings: Settings): (request: Request) => Promise<Response> {
  return (request) =>
    answerErrors(settings, 'register', request, async () => {
      const metadata = await parseMetadata(request)
      const name = toDisplayName(metadata.client_name)
      const redirectUris = parseRedirectUris(settings, metadata.redirect_uris)
      const clientId = settings.clients.register({ name: name || 'Unnamed app', redirectUris })
      if (clientId === undefined) throw invalidMetadata('The client metadata is too long.')
      // No null and no empty field: strict clients refuse the whole answer for one.
      const answer = {
        client_id: clientId,
        ...(name !== '' && { client_name: name }),
        redirect_uris: redirectUris,
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
        scope: settings.scopes.join(' '),
      }
      return Response.json(answer, { status: 201, headers: noStore })
    })
}

async function parseMetadata(request: Request): Promise<{ client_name?: unknown; redirect_uris?: unknown }> {
  assertPost(request)
  if (!/^application\/json\s*(;|$)/i.test(request.headers.get('content-type') ?? '')) {
    throw invalidMetadata('The content type must be application/json.')
  }
  const metadata = parseJson(await readText(request, maxBodyBytes))
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) {
    throw invalidMetadata('The client metadata must be a JSON object.')
  }
  return { ...metadata }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw invalidMetadata('The client metadata is not JSON.')
  }
}

function parseRedirectUris({ redirectUris }: Settings, given: unknown): string[] {
  const uris: unknown[] = Array.isArray(given) ? given : []
  if (uris.length > maxRedirectUris)
    throw refusedUris(`There are more than ${maxRedirectUris} redirect_uris.`)
  const named = uris.filter((uri) => typeof uri === 'string')
  const accepted = named.filter(redirectUris.isRegistrable)
  if (accepted.length > 0) return [...new Set(accepted)]
  const [first] = named
  if (first === undefined) throw refusedUris('redirect_uris is missing, or no list of texts.')
  const { extraName } = redirectUris
  throw refusedUris(
    `None of the redirect_uris is accepted here, such as ${toShownAddress(first)}.` +
      (extraName === undefined ? '' : ` The owner of this server can add it to the setting ${extraName}.`),
  )
}

function refusedUris(sentence: string): OAuthError {
  return new OAuthError('invalid_redirect_uri', 'redirect_uri_refused', sentence)
}

function invalidMetadata(sentence: string): OAuthError {
  return new OAuthError('invalid_client_metadata', 'client_metadata_refused', sentence)
}
