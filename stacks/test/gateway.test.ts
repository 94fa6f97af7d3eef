/** Both gateways against the rows of the gateway table. */
import { describe, expect, test } from 'vitest'
import { gatewayResponses, gatewayRoutes } from '../api/gateway-table.ts'
import { get, production, synthesize } from './synthesize.ts'

describe('gateway', () => {
  const methods = () => {
    const { all } = get('production')
    const parts = all('AWS::ApiGateway::Resource')
    const pathOf = (reference: unknown): string => {
      const id = (reference as { Ref?: string }).Ref
      const part = id === undefined ? undefined : parts[id]
      return part === undefined ? '' : `${pathOf(part.Properties.ParentId)}/${part.Properties.PathPart}`
    }
    return Object.values(all('AWS::ApiGateway::Method')).map(({ Properties }) => ({
      path: pathOf(Properties.ResourceId) || '/',
      method: Properties.HttpMethod,
      authorization: Properties.AuthorizationType,
      transfer:
        (Properties.Integration as { ResponseTransferMode?: string }).ResponseTransferMode ?? 'BUFFERED',
      timeoutMs: (Properties.Integration as { TimeoutInMillis: number }).TimeoutInMillis,
      uri: JSON.stringify((Properties.Integration as { Uri: unknown }).Uri),
    }))
  }

  test('R70: routes are the rows of the gateway table, with the authorizer before everything but the preflight', () => {
    const expected = gatewayRoutes.flatMap(({ path, authorized, transfer }) => {
      // Above 29 s needs streaming, which ends at 15 minutes; the function's own time-out comes before either.
      const timeoutMs = transfer === 'STREAM' ? 305_000 : 29_000
      return [
        { path, method: 'ANY', authorization: authorized ? 'CUSTOM' : 'NONE', transfer, timeoutMs },
        ...(authorized ? [{ path, method: 'OPTIONS', authorization: 'NONE', transfer, timeoutMs }] : []),
      ]
    })
    const sorted = (rows: { path: string; method: unknown }[]) =>
      rows.map((row) => JSON.stringify(row)).sort()
    expect(sorted(methods().map(({ uri: _, ...row }) => row))).toEqual(sorted(expected))
  })

  test('R70: all methods of /mcp, /files and /review, and only they, go to the functions that stream', () => {
    for (const { path, transfer, uri } of methods()) {
      const isOwners = path === '/files' || path === '/review'
      const streams = path === '/mcp' || isOwners
      expect([path, transfer]).toEqual([path, streams ? 'STREAM' : 'BUFFERED'])
      expect(uri.includes('Mcp')).toBe(path === '/mcp')
      expect(uri.includes('Owner')).toBe(isOwners)
      expect(uri).toContain(streams ? '/response-streaming-invocations' : '/invocations')
    }
  })

  test('R70: without streaming (sst dev) nothing streams and the mcp function knows', () => {
    const { all, one } = synthesize(production, { streams: false })
    expect(JSON.stringify(all('AWS::ApiGateway::Method'))).not.toContain('STREAM')
    expect(JSON.stringify(one('AWS::Lambda::Function', 'Mcp').Properties.Environment)).toContain(
      '"GATEWAY":"http"',
    )
  })

  test('R70: responses of the gateway are the rows of the table, the challenge header included', () => {
    const inTemplate = Object.values(get('production').all('AWS::ApiGateway::GatewayResponse')).map(
      ({ Properties }) => ({
        type: Properties.ResponseType,
        status: Properties.StatusCode,
        headers: Object.fromEntries(
          Object.entries(Properties.ResponseParameters as Record<string, string>).map(([name, value]) => [
            name.replace('gatewayresponse.header.', ''),
            value.replace(/^'|'$/g, ''),
          ]),
        ),
        body: (Properties.ResponseTemplates as Record<string, string>)['application/json'],
      }),
    )
    const expected = gatewayResponses({ publicUrl: 'https://mail.example.com' }).map(
      ({ status, ...rest }) => ({ ...rest, status: status === undefined ? undefined : String(status) }),
    )
    const byType = (rows: { type: unknown }[]) =>
      [...rows].sort((a, b) => String(a.type).localeCompare(String(b.type)))
    expect(byType(inTemplate)).toEqual(byType(expected))
    expect(inTemplate.find(({ type }) => type === 'ACCESS_DENIED')?.headers['WWW-Authenticate']).toBe(
      'Bearer resource_metadata="https://mail.example.com/.well-known/oauth-protected-resource/mcp", scope="email:read email:write", error="invalid_token"',
    )
  })

  test('R44, R70: every response of the gateway carries the security headers and lets browsers read the challenge', () => {
    const resources = Object.values(get('production').all('AWS::ApiGateway::GatewayResponse'))
    expect(resources).toHaveLength(14)
    for (const { Properties } of resources)
      expect(Properties.ResponseParameters, String(Properties.ResponseType)).toMatchObject({
        'gatewayresponse.header.Strict-Transport-Security': "'max-age=63072000; includeSubDomains'",
        'gatewayresponse.header.X-Frame-Options': "'DENY'",
        'gatewayresponse.header.X-Content-Type-Options': "'nosniff'",
        'gatewayresponse.header.Referrer-Policy': "'no-referrer'",
        'gatewayresponse.header.Cache-Control': "'no-store'",
        'gatewayresponse.header.Access-Control-Allow-Origin': "'*'",
        'gatewayresponse.header.Access-Control-Expose-Headers': "'Mcp-Session-Id, WWW-Authenticate'",
      })
  })

  test('R15: what the authorizer said is not kept', () => {
    const { Properties } = get('production').one('AWS::ApiGateway::Authorizer')
    expect(Properties).toMatchObject({
      Type: 'REQUEST',
      AuthorizerResultTtlInSeconds: 0,
      IdentitySource: 'method.request.header.Authorization',
    })
  })

  test('the domain is the only name, at the root, with TLS 1.2 or newer', () => {
    const { one } = get('production')
    expect(one('AWS::ApiGateway::RestApi').Properties).toMatchObject({
      // A file that somebody uploads arrives as it was sent.
      BinaryMediaTypes: ['multipart/form-data'],
      DisableExecuteApiEndpoint: true,
      EndpointConfiguration: { Types: ['REGIONAL'] },
    })
    expect(one('AWS::ApiGateway::DomainName').Properties).toMatchObject({
      DomainName: 'mail.example.com',
      SecurityPolicy: 'TLS_1_2',
    })
    expect(one('AWS::ApiGateway::BasePathMapping').Properties.BasePath).toBeUndefined()
  })

  test('a personal stage serves every route of the table through an HTTP API, and the rest as our own 404', () => {
    const routes = Object.values(get('personal').all('AWS::ApiGatewayV2::Route')).map(
      ({ Properties }) => Properties.RouteKey,
    )
    expect(routes.sort()).toEqual([...gatewayRoutes.map(({ path }) => `ANY ${path}`), 'ANY /{proxy+}'].sort())
    expect(get('personal').all('AWS::ApiGateway::RestApi')).toEqual({})
    for (const { Properties } of Object.values(get('personal').all('AWS::ApiGatewayV2::Integration')))
      expect(Properties.PayloadFormatVersion).toBe('2.0')
  })
})
