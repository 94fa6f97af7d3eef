/** `pnpm revoke` as an operator runs it, and the one call of the Lambda API that it makes, answered by a function here. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { FunctionPool } from '@email-connector/testing'

const root = join(import.meta.dirname, '..', '..', '..', '..')

export async function startInvokeEndpoint(pool: FunctionPool) {
  const asked: string[] = []
  const server = createServer(async (request, response) => {
    const [, name = ''] = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(request.url ?? '') ?? []
    const isSigned = request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 ')
    if (request.method !== 'POST' || name === '' || !isSigned) {
      response.writeHead(403).end()
      return
    }
    asked.push(name)
    const answer = await pool.invoke(JSON.parse(await text(request)))
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    functionNames: () => asked,
    close: async () => {
      server.close()
      await once(server, 'close')
    },
  }
}

/** `url`: in the place of AWS; without one nothing there is reached. */
export async function runRevoke(url: string | undefined, args: readonly string[], environment = {}) {
  const child = spawn(process.execPath, ['--import', 'tsx', join('scripts', 'revoke.ts'), ...args], {
    cwd: root,
    env: {
      PATH: process.env.PATH,
      AWS_ACCESS_KEY_ID: 'stand-in',
      AWS_SECRET_ACCESS_KEY: 'stand-in',
      ...(url !== undefined && { AWS_ENDPOINT_URL_LAMBDA: url }),
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [output] = await Promise.all([text(child.stdout), once(child, 'close')])
  return { code: child.exitCode, output }
}
