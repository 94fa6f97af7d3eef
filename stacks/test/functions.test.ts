/** The functions: runtime, time-outs, concurrency, and the variables they are told. */

import { mcpVariables, oauthVariables, ownerVariables } from '@email-connector/server/function-variables'
import { parseSettings } from '@email-connector/server/settings'
import { describe, expect, test } from 'vitest'
import { get, type Kind, kinds } from './synthesize.ts'

describe('functions', () => {
  test.each(kinds)(
    'all of %s run on Node 24 and arm64, without traces, with a time-out below the gateway’s',
    (kind) => {
      const functions = Object.entries(get(kind).all('AWS::Lambda::Function'))
      for (const [id, { Properties }] of functions) {
        expect(Properties, id).toMatchObject({
          Runtime: 'nodejs24.x',
          Architectures: ['arm64'],
          Handler: 'index.handler',
        })
        expect(Properties.TracingConfig, id).toBeUndefined()
        const streams = kind === 'production' && /^(?:Mcp|Owner)/.test(id)
        expect(Properties.Timeout, id).toBeLessThan(streams ? 305 : 29)
        // R52: a person is waited for 240 s, and the email still has to go out after a late yes.
        if (streams) expect(Properties.Timeout).toBeGreaterThan(240 + 25)
      }
      expect(functions).toHaveLength(kind === 'production' ? 5 : 4)
    },
  )

  test.each(kinds)('R72: functions of %s are told exactly what they read, in a form they accept', (kind) => {
    const variablesOf = (prefix: string) => {
      const { Properties } = get(kind).one('AWS::Lambda::Function', prefix)
      const { Variables = {} } = (Properties.Environment ?? {}) as { Variables?: Record<string, unknown> }
      // What CloudFormation fills in.
      const filled = (name: string) =>
        name === 'PUBLIC_URL' ? 'https://example.execute-api.eu-central-1.amazonaws.com' : 'arn:aws:x'
      return Object.fromEntries(
        Object.entries(Variables).map(([name, value]) => [
          name,
          typeof value === 'string' && !value.startsWith('{{resolve:') ? value : filled(name),
        ]),
      )
    }
    for (const [prefix, shape] of [
      ['Mcp', mcpVariables],
      ['Owner', ownerVariables],
      ['Oauth', oauthVariables],
    ] as const) {
      const variables = variablesOf(prefix)
      expect(parseSettings(shape, { ...variables, AWS_REGION: 'eu-central-1' })).toBeDefined()
      for (const name of Object.keys(variables)) expect(Object.keys(shape)).toContain(name)
    }
    if (kind === 'production')
      expect(Object.keys(variablesOf('Authorizer')).sort()).toEqual(['PUBLIC_URL', 'TOKENS_TABLE'])
    expect(variablesOf('Health')).toEqual({})
    expect(variablesOf('Mcp').GATEWAY).toBe(kind === 'production' ? 'rest' : 'http')
    const text = JSON.stringify(get(kind).all('AWS::Lambda::Function'))
    expect(text).not.toMatch(/PRIVATE_MAIL|DEMO|OAUTH_CLIENT_SECRET/)
  })

  test('what the owner sets aside is the limit of each function, and nothing is set aside unasked', () => {
    const reserved = (kind: Kind, prefix: string) =>
      get(kind).one('AWS::Lambda::Function', prefix).Properties.ReservedConcurrentExecutions
    expect(['Mcp', 'Oauth', 'Authorizer', 'Health'].map((name) => reserved('production', name))).toEqual([
      100,
      20,
      30,
      undefined,
    ])
    expect(['Mcp', 'Oauth', 'Health'].map((name) => reserved('personal', name))).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })

  test('mail servers of the owner’s network are known to what reaches mail servers, and to nothing else', () => {
    const told = Object.entries(get('production').all('AWS::Lambda::Function')).filter(([, { Properties }]) =>
      JSON.stringify(Properties.Environment ?? {}).includes('imap.corp.example.com smtp.corp.example.com'),
    )
    expect(told.map(([id]) => id.replace(/[0-9A-F]{8}$/, '')).sort()).toEqual(['Mcp', 'Oauth', 'Owner'])
  })

  test('the owner’s settings reach the oauth function', () => {
    const { Properties } = get('production').one('AWS::Lambda::Function', 'Oauth')
    expect((Properties.Environment as { Variables: object }).Variables).toMatchObject({
      PUBLIC_URL: 'https://mail.example.com',
      ALLOWED_ACCOUNTS: 'example.com ann@example.org',
      DISABLED_CLIENTS: 'cursor',
      ACCESS_TOKEN_DAYS: '7',
      REFRESH_IDLE_DAYS: '30',
      GRANT_DAYS: '180',
    })
  })
})
