/**
 * `npm run try -- <tool> '<json>'`: a small MCP client for a running server. Signs in through the browser once, remembers the
 * tokens, calls one tool and prints what a model would read. Without a tool it lists them.
 */
import { spawn } from 'node:child_process'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { version } from '../version.ts'
import { startCallbackServer } from './callback-server.ts'
import { createSavedSignIn } from './saved-sign-in.ts'

const usage = `Usage: npm run try -- [options] [tool] ['{"parameter": "value"}']

Calls one tool of a running email-connector and prints the answer. Without a tool it lists what there is.

  --url URL     the server (default: PUBLIC_URL, else http://localhost:8993)
  --json        print the structured answer instead of the text
  --no-browser  print the sign-in URL instead of opening it
  --sign-out    forget the saved sign-in
  --help

Examples
  npm run try -- get_recent_emails '{"limit": 3}'
  npm run try -- search_emails '{"from": "nora", "unread": true}'`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    url: { type: 'string' },
    json: { type: 'boolean', default: false },
    'no-browser': { type: 'boolean', default: false },
    'sign-out': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const publicUrl = values.url ?? process.env.PUBLIC_URL ?? `http://localhost:${process.env.PORT ?? '8993'}`
const startedIn = process.env.EMAIL_CONNECTOR_ROOT ?? join(import.meta.dirname, '../../../..')
const stateFile = join(resolve(startedIn, process.env.DATA_DIR || '.local'), 'try.json')

try {
  process.exitCode = await main()
} catch (error) {
  console.error(toSentence(error))
  process.exitCode = 1
}

async function main(): Promise<number> {
  if (values.help) {
    console.log(usage)
    return 0
  }
  const callback = await startCallbackServer()
  const client = new Client({ name: 'email-connector-try', version })
  const signIn = createSavedSignIn({
    file: stateFile,
    redirectUrl: callback.redirectUrl,
    openBrowser: (url) => showSignIn(url),
  })
  try {
    if (values['sign-out']) {
      signIn.forget()
      console.log('Forgotten here. To end the access itself, use the connections page of the server.')
      return 0
    }
    const parameters = parseParameters(positionals[1])
    const createTransport = () =>
      new StreamableHTTPClientTransport(new URL(`${publicUrl}/mcp`), { authProvider: signIn })
    const transport = createTransport()
    try {
      await client.connect(transport)
    } catch (error) {
      if (!(error instanceof UnauthorizedError)) throw error
      const answer = await callback.arrived
      if (answer.get('state') !== signIn.expectedState() || answer.get('iss') !== publicUrl)
        throw new Error(
          'The sign-in came back for another request or from another server; run the command again.',
        )
      const code = answer.get('code')
      if (code === null) throw new Error('The sign-in was not completed; run the command again.')
      await transport.finishAuth(code)
      await client.connect(createTransport())
    }
    const tool = positionals[0]
    if (tool === undefined) {
      const { tools } = await client.listTools()
      for (const { name, title } of tools) console.log(`${name.padEnd(22)} ${title ?? ''}`)
      return 0
    }
    const result = await client.callTool({ name: tool, arguments: parameters })
    const content = Array.isArray(result.content) ? result.content : []
    if (values.json) console.log(JSON.stringify(result.structuredContent ?? result, null, 2))
    else for (const part of content) console.log(part.type === 'text' ? part.text : `[${part.type}]`)
    return result.isError === true ? 1 : 0
  } finally {
    // Its event stream would keep the process alive.
    await client.close()
    callback.close()
  }
}

function parseParameters(text: string | undefined): Record<string, unknown> {
  if (text === undefined) return {}
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw new Error(`The parameters are not JSON. Quote them for the shell: '{"limit": 3}'`)
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new Error('The parameters must be one JSON object.')
  return parsed as Record<string, unknown>
}

function showSignIn(url: URL): void {
  console.error(`Sign in here:\n\n  ${url.href}\n`)
  if (values['no-browser'] || process.stdin.isTTY !== true) return
  const command =
    process.platform === 'darwin' ? 'open' : process.platform === 'win32' ? 'explorer' : 'xdg-open'
  // Where no browser can be opened the URL above is enough.
  spawn(command, [url.href], { stdio: 'ignore', detached: true })
    .on('error', () => undefined)
    .unref()
}

function toSentence(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : undefined
  if (cause !== undefined && 'code' in cause && cause.code === 'ECONNREFUSED')
    return `Nothing answers at ${publicUrl}. Start the server with: npm start`
  return error instanceof Error ? error.message : 'The call failed.'
}
