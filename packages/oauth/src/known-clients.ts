/**
 * The clients this server knows by name: where they want their code, and the Client ID Metadata Documents they
 * publish, so that signing in needs no fetch from them. Taken from the vendors' documents, November 2026.
 */
export type KnownClientId = 'claude' | 'claude-code' | 'chatgpt' | 'codex' | 'copilot' | 'vscode' | 'cursor'

export interface KnownClient {
  readonly id: KnownClientId
  readonly name: string
  /** Accepted character by character; a loopback address without a port means any port (redirect-uri.ts). */
  readonly redirectUris: readonly string[]
  /** What the vendor publishes, as far as we use it. */
  readonly document?: {
    readonly client_id: string
    readonly client_name: string
    readonly redirect_uris: readonly string[]
  }
}

const claudeUris = ['https://claude.ai/api/mcp/auth_callback', 'https://claude.com/api/mcp/auth_callback']
/** The form it uses when the server sends `iss`; the other one, with an id in its path, is not accepted. */
const chatgptUris = ['https://chatgpt.com/connector_platform_oauth_redirect']
const vscodeUris = [
  'http://127.0.0.1:33418/',
  'https://vscode.dev/redirect',
  'https://insiders.vscode.dev/redirect',
]
/** Programs that listen where a port is free when they ask (RFC 8252 §7.3). */
const portlessUris = ['http://localhost/callback', 'http://127.0.0.1/callback']

/** Matched by id and by redirect URI, without a fetch. */
export const knownClients: readonly KnownClient[] = [
  {
    id: 'claude',
    name: 'Claude',
    redirectUris: claudeUris,
    document: {
      client_id: 'https://claude.ai/oauth/mcp-oauth-client-metadata',
      client_name: 'Claude',
      redirect_uris: claudeUris,
    },
  },
  {
    id: 'claude-code',
    name: 'Claude Code',
    redirectUris: [],
    document: {
      client_id: 'https://claude.ai/oauth/claude-code-client-metadata',
      client_name: 'Claude Code',
      redirect_uris: portlessUris,
    },
  },
  {
    id: 'chatgpt',
    name: 'ChatGPT',
    redirectUris: chatgptUris,
    document: {
      client_id: 'https://chatgpt.com/oauth/client.json',
      client_name: 'ChatGPT',
      redirect_uris: chatgptUris,
    },
  },
  {
    id: 'codex',
    name: 'Codex',
    redirectUris: [],
    document: {
      client_id: 'https://chatgpt.com/oauth/codex/client.json',
      client_name: 'Codex',
      redirect_uris: portlessUris,
    },
  },
  {
    id: 'copilot',
    name: 'GitHub Copilot CLI',
    redirectUris: [],
    document: {
      client_id: 'https://github.com/copilot/cli/client-metadata.json',
      client_name: 'GitHub Copilot CLI',
      redirect_uris: portlessUris,
    },
  },
  {
    id: 'vscode',
    name: 'Visual Studio Code',
    redirectUris: vscodeUris,
    document: {
      client_id: 'https://vscode.dev/oauth/client-metadata.json',
      client_name: 'Visual Studio Code',
      redirect_uris: vscodeUris,
    },
  },
  {
    id: 'cursor',
    name: 'Cursor',
    redirectUris: [
      'http://localhost:8787/callback',
      'https://www.cursor.com/agents/mcp/oauth/callback',
      'cursor://anysphere.cursor-mcp/oauth/callback',
    ],
  },
]
