/** The two discovery documents: constants of the deployment, whatever the request's headers say. */
import type { Settings } from './settings.ts'

/** A client may keep them an hour; they change with a deployment only. */
const headers = { 'Content-Type': 'application/json', 'Cache-Control': 'public, max-age=3600' }

/** RFC 8414 §2, with RFC 9207 §3, RFC 7591 and draft-ietf-oauth-client-id-metadata-document §5. */
export function createMetadata({ issuer, scopes }: Pick<Settings, 'issuer' | 'scopes'>): () => Response {
  const authMethods = ['none', 'client_secret_post', 'client_secret_basic']
  const body = JSON.stringify({
    issuer,
    authorization_endpoint: `${issuer}/oauth/authorize`,
    token_endpoint: `${issuer}/oauth/token`,
    revocation_endpoint: `${issuer}/oauth/revoke`,
    registration_endpoint: `${issuer}/oauth/register`,
    scopes_supported: scopes,
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: authMethods,
    revocation_endpoint_auth_methods_supported: authMethods,
    authorization_response_iss_parameter_supported: true,
    client_id_metadata_document_supported: true,
  })
  return () => new Response(body, { headers })
}

/** RFC 9728 §2. */
export function createProtectedResourceMetadata({
  issuer,
  resource,
  scopes,
}: Pick<Settings, 'issuer' | 'resource' | 'scopes'>): () => Response {
  const body = JSON.stringify({
    resource,
    authorization_servers: [issuer],
    scopes_supported: scopes,
    bearer_methods_supported: ['header'],
  })
  return () => new Response(body, { headers })
}
