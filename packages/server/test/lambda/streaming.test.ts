/**
 * What a streamed response is for, through gateway and Lambda runtime: notifications arrive one by one while the function
 * is still at work, and headers before the first of them.
 */
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import {
  createFunctionPool,
  createTempFolder,
  findNode24,
  type GatewaySimulator,
  startGatewaySimulator,
} from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toolsListMessage } from './gateway.ts'
import { wrapFunction } from './typescript-function.ts'

describe.skipIf(findNode24() === undefined)('the streaming function (needs the optional Node 24)', () => {
  let gateway: GatewaySimulator
  const folder = createTempFolder('streaming')
  const steps: ServerResponse[] = []
  const server = createServer((request, response) => {
    if (request.url !== '/step') response.end()
    else steps.push(response)
    server.emit(String(request.url))
  })

  beforeAll(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const pool = createFunctionPool({
      file: wrapFunction(folder, join(import.meta.dirname, 'streaming-function.ts')),
      exportName: 'handler',
      environment: { STEPS_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
      timeoutMs: 20_000,
      maxEnvironments: 1,
      node: String(findNode24()),
    })
    gateway = await startGatewaySimulator({
      routes: [{ path: '/mcp', target: 'mcp', authorized: false, transfer: 'STREAM' }],
      responses: [],
      functions: { mcp: pool, oauth: pool, owner: pool, health: pool, authorizer: pool },
    })
  })
  afterAll(async () => {
    await gateway.close()
    await folder.remove()
    server.close()
    server.closeAllConnections()
  })

  function callTool(name: string, headers: Record<string, string> = {}, signal?: AbortSignal) {
    const { _meta } = toolsListMessage.params
    return fetch(`${gateway.url}/mcp`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Accept: 'application/json, text/event-stream',
        'MCP-Protocol-Version': '2026-07-28',
        'Mcp-Method': 'tools/call',
        'Mcp-Name': name,
        ...headers,
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name, arguments: {}, _meta: { ..._meta, progressToken: 'p' } },
      }),
      ...(signal && { signal }),
    })
  }

  test('R70: progress arrives one by one, each before the function goes on, and the result last', async () => {
    const response = await callTool('progress')
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    const seen: unknown[] = []
    let text = ''
    const decoder = new TextDecoder()
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true })
      const events = text.split('\n\n')
      text = events.pop() ?? ''
      for (const event of events) {
        const line = event.split('\n').find((one) => one.startsWith('data: {'))
        if (line === undefined) continue
        const message = JSON.parse(line.slice(6)) as { params?: { progress?: number }; result?: object }
        seen.push(message.params?.progress ?? 'result')
        // The next step begins only now: a response that were collected first would never end.
        if (message.params?.progress !== undefined) {
          while (steps.length === 0) await once(server, '/step')
          steps.shift()?.end()
        }
      }
    }
    expect(seen).toEqual([1, 2, 3, 'result'])
  })

  test('nobody tells the function that its client left: it works to its end and then serves the next call', async () => {
    const gone = new AbortController()
    let wasTold = false
    server.once('/left?leaving', () => {
      wasTold = true
    })
    const response = await callTool('progress', { 'X-Call': 'leaving' }, gone.signal)
    const reader = response.body?.getReader()
    await reader?.read()
    gone.abort()
    for (let step = 1; step <= 3; step++) {
      if (steps.length === 0) await once(server, '/step')
      expect(wasTold).toBe(false)
      steps.shift()?.end()
    }

    // There is one environment: it is free again.
    expect((await fetch(`${gateway.url}/mcp`, { method: 'PUT' })).status).toBe(405)
  })

  test('an answer without a body keeps its status and headers', async () => {
    const response = await fetch(`${gateway.url}/mcp`, { method: 'PUT' })
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('GET, POST, DELETE')
  })
})
