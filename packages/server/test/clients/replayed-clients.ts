/**
 * Clients too heavy to install here, as data: what each sends to sign in, what it adds to a call, and what it hands to
 * its model. Read in their packages, November 2026, except Goose and Visual Studio Code, which are not in the registry:
 * their rows follow public reports of the redirects they use, not their source. The loopback ports that a client takes
 * at random are arbitrary here.
 */
import {
  bothCopies,
  cutAtTheEnd,
  cutInTheMiddle,
  type ReadResult,
  structuredButErrors,
  structuredForText,
  structuredInstead,
  textAndPictures,
} from './results.ts'

export interface ReplayedClient {
  readonly name: string
  /** What its consent page has to call it. */
  readonly shownAs: string
  /** Dynamic registration with these values beside `redirect_uris`, or a Client ID Metadata Document. */
  readonly identity: { readonly registers: Record<string, unknown> } | { readonly document: string }
  readonly redirectUri: string
  /** All it registers; absent: the one it uses. */
  readonly redirectUris?: readonly string[]
  /** What it or its model adds to the arguments of a call. */
  readonly adds?: Record<string, unknown>
  readonly read: ReadResult
}

const usualGrants = {
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
}

const vscodeUris = [
  'https://insiders.vscode.dev/redirect',
  'https://vscode.dev/redirect',
  'http://127.0.0.1/',
  'http://127.0.0.1:33418/',
]
const vscode = {
  shownAs: 'Visual Studio Code',
  identity: {
    registers: {
      client_name: 'Visual Studio Code',
      client_uri: 'https://code.visualstudio.com',
      ...usualGrants,
      grant_types: [...usualGrants.grant_types, 'urn:ietf:params:oauth:grant-type:device_code'],
      application_type: 'native',
    },
  },
  redirectUris: vscodeUris,
  read: textAndPictures,
}

export const replayedClients: readonly ReplayedClient[] = [
  {
    name: 'OpenCode 1.18',
    shownAs: 'OpenCode',
    identity: { registers: { client_name: 'OpenCode', client_uri: 'https://opencode.ai', ...usualGrants } },
    redirectUri: 'http://127.0.0.1:19876/mcp/oauth/callback',
    read: textAndPictures,
  },
  {
    name: 'Cline 3.0',
    shownAs: 'Cline',
    identity: { registers: { client_name: 'Cline', ...usualGrants } },
    redirectUri: 'http://127.0.0.1:1456/mcp/oauth/callback',
    read: cutInTheMiddle(bothCopies, 8_000),
  },
  {
    name: 'Goose',
    shownAs: 'goose',
    identity: { registers: { client_name: 'goose', ...usualGrants } },
    redirectUri: 'http://localhost:50123/oauth_callback',
    read: textAndPictures,
  },
  { ...vscode, name: 'Visual Studio Code on a random port', redirectUri: 'http://127.0.0.1:52345/' },
  {
    name: 'Claude Code 2.1',
    shownAs: 'Claude Code',
    identity: { document: 'https://claude.ai/oauth/claude-code-client-metadata' },
    redirectUri: 'http://localhost:54545/callback',
    read: structuredButErrors,
  },
  {
    name: 'Codex 0.171',
    shownAs: 'Codex',
    identity: { document: 'https://chatgpt.com/oauth/codex/client.json' },
    redirectUri: 'http://127.0.0.1:41007/callback',
    read: structuredInstead,
  },
  {
    name: 'Copilot CLI 1.0',
    shownAs: 'Copilot',
    identity: { document: 'https://github.com/copilot/cli/client-metadata.json' },
    redirectUri: 'http://127.0.0.1:43211/callback',
    read: cutAtTheEnd(bothCopies, 60_000, 500),
  },
  {
    name: 'Gemini CLI 0.61',
    shownAs: 'Gemini CLI MCP Client',
    identity: {
      registers: {
        client_name: 'Gemini CLI MCP Client',
        ...usualGrants,
        scope: 'email:read email:write',
      },
    },
    redirectUri: 'http://localhost:38123/oauth/callback',
    adds: { wait_for_previous: true },
    read: textAndPictures,
  },
  {
    name: 'mcp-use CLI 1.34',
    shownAs: 'mcp-use CLI',
    identity: {
      registers: { client_name: 'mcp-use CLI', client_uri: 'https://mcp-use.com', ...usualGrants },
    },
    redirectUri: 'http://127.0.0.1:33418/callback',
    read: structuredForText,
  },
]

/** Other ways in of the same clients. */
export const otherSignIns: readonly ReplayedClient[] = [
  {
    ...vscode,
    name: 'Visual Studio Code Insiders in a browser',
    redirectUri: 'https://insiders.vscode.dev/redirect',
  },
  {
    name: 'Codex that registers',
    shownAs: 'Codex',
    identity: { registers: { client_name: 'Codex', ...usualGrants } },
    redirectUri: 'http://127.0.0.1:41007/callback',
    read: structuredInstead,
  },
]

type ReplayedCaller = Pick<ReplayedClient, 'name' | 'adds' | 'read'>

/** Libraries and hosts whose sign-in is another's, or like one above. */
export const replayedCallers: readonly ReplayedCaller[] = [
  { name: 'Mastra 0.14', read: structuredInstead },
  { name: 'LangChain 1.1', read: textAndPictures },
  { name: 'Cursor', adds: { random_string: 'dummy' }, read: textAndPictures },
  {
    name: 'an n8n agent',
    adds: { toolCallId: 'call_1', sessionId: 's-1', chatInput: 'What is new?', action: 'sendMessage' },
    read: textAndPictures,
  },
]

/** What models write where a parameter is optional; each tool has some of these. */
export const modelHabits: readonly ReplayedCaller[] = [
  {
    name: 'a model that fills every optional with an empty string',
    adds: { account: '', cursor: '', from: '', since: '', attachments: '' },
    read: textAndPictures,
  },
  {
    name: 'a model that fills every optional with null',
    adds: { account: null, cursor: null, offset: null, unread_only: null, attachments: null },
    read: textAndPictures,
  },
]
