/** Found with AWS's own runtime client: Node ended the process in the middle of a call, and the client saw 502. */
import { join } from 'node:path'
import { createFunctionPool, createTempFolder, findNode24 } from '@email-connector/testing'
import { expect, test } from 'vitest'
import { wrapFunction } from './typescript-function.ts'

const event = {
  version: '2.0',
  rawPath: '/mcp',
  rawQueryString: '',
  headers: {},
  requestContext: { http: { method: 'GET', sourceIp: '198.51.100.7' } },
}

test.skipIf(findNode24() === undefined).each(['buffered', 'streamed'])(
  'R63: a %s call that waits for nothing that Node counts is answered all the same (needs the optional Node 24)',
  async (exportName) => {
    const folder = createTempFolder('waiting')
    const pool = createFunctionPool({
      file: wrapFunction(folder, join(import.meta.dirname, 'waiting-function.ts')),
      exportName,
      environment: {},
      timeoutMs: 20_000,
      node: String(findNode24()),
    })
    const chunks: Buffer[] = []
    const result = await pool.invoke(event, { prelude: () => {}, chunk: (bytes) => chunks.push(bytes) })
    const streamed = Buffer.concat(chunks).toString()
    expect(JSON.stringify(result ?? streamed)).toContain('waited')
    await pool.close()
    await folder.remove()
  },
)
