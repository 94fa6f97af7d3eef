/** What is logged, by whom it can be read, and for how long it is kept. */
import { describe, expect, test } from 'vitest'
import { get, kinds } from './synthesize.ts'

describe('logs', () => {
  test.each(kinds)(
    'R68: the access log of %s names a route, a status and times, and nothing a secret could be in',
    (kind) => {
      const format =
        kind === 'production'
          ? (get(kind).one('AWS::ApiGateway::Stage').Properties.AccessLogSetting as { Format: string }).Format
          : (get(kind).one('AWS::ApiGatewayV2::Stage').Properties.AccessLogSettings as { Format: string })
              .Format
      const variables = [...format.matchAll(/\$context\.([\w.]+)/g)].map(([, name]) => name)
      expect(variables.sort()).toEqual(
        [
          'error.responseType',
          'extendedRequestId',
          'httpMethod',
          'integration.status',
          'requestId',
          'requestTime',
          'responseLatency',
          'responseLength',
          kind === 'production' ? 'resourcePath' : 'routeKey',
          'status',
        ].sort(),
      )
    },
  )

  test('R68: execution logs and data traces are off', () => {
    const [settings] = get('production').one('AWS::ApiGateway::Stage').Properties.MethodSettings as object[]
    expect(settings).toMatchObject({
      LoggingLevel: 'OFF',
      DataTraceEnabled: false,
      ThrottlingRateLimit: 50,
      ThrottlingBurstLimit: 100,
    })
  })

  test.each(kinds)(
    'R68: every log group of %s has a retention and the storage key, one for each function',
    (kind) => {
      const groups = Object.values(get(kind).all('AWS::Logs::LogGroup'))
      for (const { Properties } of groups) {
        expect(Properties.RetentionInDays).toBe(kind === 'production' ? 90 : 7)
        expect(JSON.stringify(Properties.KmsKeyId)).toContain('StorageKey')
      }
      const used = Object.values(get(kind).all('AWS::Lambda::Function')).map(({ Properties }) =>
        JSON.stringify(Properties.LoggingConfig),
      )
      expect(new Set(used).size).toBe(used.length)
    },
  )
})
