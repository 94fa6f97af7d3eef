/** What an operator is told: every alarm to the last property, what a filter counts, who may publish, the budget. */

import { createLog, type LogLine } from '@email-connector/server/log'
import { tableSchemas } from '@email-connector/server/table-schema'
import { describe, expect, test } from 'vitest'
import { get, type Resource, type Synthesized } from './synthesize.ts'

const withDomain = get('production')
const withoutDomain = get('personal')

describe('alarms', () => {
  const oneOrMore = ['>= 1', '1 × 300 s', 'notBreaching']
  const fiveOrMore = ['>= 5', '1 × 300 s', 'notBreaching']
  const ofFunction = (name: string) => [
    [`${name}Errors`, `AWS/Lambda Errors FunctionName=prod-email-connector-${name}`, 'Sum', ...oneOrMore],
    [
      `${name}Throttles`,
      `AWS/Lambda Throttles FunctionName=prod-email-connector-${name}`,
      'Sum',
      ...oneOrMore,
    ],
  ]
  const ofTable = (id: string) => {
    const throttled = (what: string) => `AWS/DynamoDB ${what}ThrottleEvents TableName=${id} Sum`
    return [
      `${id}TableThrottles`,
      `FILL(${id}Reads, 0) + FILL(${id}Writes, 0); ${id}Reads: ${throttled('Read')}; ${id}Writes: ${throttled('Write')}`,
      'expression',
      ...oneOrMore,
    ]
  }
  const counted = (stage: string) => [
    ['KeyRefused', `email-connector/${stage} KeyRefused`, 'Sum', ...oneOrMore],
    ['KeysUnavailable', `email-connector/${stage} KeysUnavailable`, 'Sum', ...fiveOrMore],
    ['StoreUnavailable', `email-connector/${stage} StoreUnavailable`, 'Sum', ...fiveOrMore],
    ['Bugs', `email-connector/${stage} Bugs`, 'Sum', ...oneOrMore],
  ]
  const slow = [
    ['SlowTools', 'email-connector/prod ToolTime'],
    ['SlowSignIns', 'AWS/Lambda Duration FunctionName=prod-email-connector-oauth'],
  ].map((row) => [...row, 'p99, few samples: ignore', '>= 10000', '3 × 300 s', 'notBreaching'])
  const tables = ['grants', 'tokens', 'sessions', 'once'].map(ofTable)

  test('R68: the alarms of a stage with a domain, to the metric, statistic, threshold and missing data', () => {
    expect(alarmsOf(withDomain)).toEqual(
      sorted([
        ...['mcp', 'oauth', 'owner', 'authorizer', 'health'].flatMap(ofFunction),
        ...tables,
        ...counted('prod'),
        ...slow,
        [
          'ServerErrors',
          'AWS/ApiGateway 5XXError ApiName=prod-email-connector-gateway',
          'Sum',
          ...fiveOrMore,
        ],
      ]),
    )
  })

  test('R68: the alarms of a personal stage watch the HTTP API, whose metrics have other names', () => {
    expect(alarmsOf(withoutDomain)).toEqual(
      sorted([
        ...['mcp', 'oauth', 'owner', 'health'].flatMap(ofFunction),
        ...tables,
        ...counted('prod'),
        ...slow,
        [
          'ServerErrors',
          'AWS/ApiGateway 5xx ApiId={{resolve:ssm:/email-connector/prod/http-api}}',
          'Sum',
          ...fiveOrMore,
        ],
      ]),
    )
  })

  test('R68: there is an alarm for every table', () => {
    expect(Object.keys(tableSchemas)).toEqual(['grants', 'tokens', 'sessions', 'once'])
  })

  test('R68: every alarm reaches the encrypted topic and the alarm address', () => {
    const topic = { Ref: Object.keys(withDomain.all('AWS::SNS::Topic'))[0] }
    for (const { Properties } of Object.values(withDomain.all('AWS::CloudWatch::Alarm')))
      expect(Properties.AlarmActions).toEqual([topic])
    expect(JSON.stringify(withDomain.one('AWS::SNS::Topic').Properties.KmsMasterKeyId)).toContain(
      'StorageKey',
    )
    expect(withDomain.one('AWS::SNS::Subscription').Properties).toMatchObject({
      Protocol: 'email',
      Endpoint: 'ops@example.com',
    })
  })
})

describe('what is counted from the log', () => {
  /** Lines as the functions write them, each with the metric that counts it. */
  const lines: readonly [LogLine, string | undefined][] = [
    [{ event: 'key_refused', outcome: 'refused' }, 'KeyRefused'],
    [
      { event: 'key_refused', outcome: 'refused', tool: 'get_email', code: 'credentials_unreadable' },
      'KeyRefused',
    ],
    [{ event: 'unavailable', code: 'key_service', outcome: 'unavailable' }, 'KeysUnavailable'],
    [
      { event: 'unavailable', code: 'store', requestId: '00000000-0000-0000-0000-000000000000' },
      'StoreUnavailable',
    ],
    [{ event: 'bug', bug: 'TypeError', at: 'chunk-4XCT5PCP.mjs:1:2345' }, 'Bugs'],
    [{ event: 'tool', tool: 'get_email', outcome: 'failed', code: 'credentials_unreadable' }, undefined],
    [
      { event: 'tool', tool: 'get_email', outcome: 'unavailable', code: 'temporarily_unavailable' },
      undefined,
    ],
    [{ event: 'request', route: 'mcp', status: 500 }, undefined],
    [{ event: 'started' }, undefined],
  ]

  /** All but the one that measures. */
  const counting = () =>
    Object.entries(withDomain.all('AWS::Logs::MetricFilter'))
      .filter(([id]) => !id.startsWith('ToolTime'))
      .map(([, filter]) => filter)

  test('R68: each line that means trouble is counted by exactly its metric, and no other line by any', () => {
    const filters = counting().map(({ Properties }) => ({
      pattern: String(Properties.FilterPattern),
      ...(Properties.MetricTransformations as { MetricName: string }[])[0],
    }))
    for (const [line, metric] of lines) {
      const text = written(line)
      const matching = filters.filter(({ pattern }) => matches(pattern, text))
      expect([text, [...new Set(matching.map(({ MetricName }) => MetricName))]]).toEqual([
        text,
        metric === undefined ? [] : [metric],
      ])
    }
  })

  test('how long tools take is measured, of each that asks nobody', () => {
    const { Properties } = withDomain.one('AWS::Logs::MetricFilter', 'ToolTime')
    expect(Properties.LogGroupName).toBe('/email-connector/prod/mcp')
    expect(Properties.MetricTransformations).toEqual([
      { MetricNamespace: 'email-connector/prod', MetricName: 'ToolTime', MetricValue: '$.durationMs' },
    ])
    const isMeasured = (line: LogLine) => matches(String(Properties.FilterPattern), written(line))
    const call = { event: 'tool', outcome: 'ok', durationMs: 812 } as const
    expect(isMeasured({ ...call, tool: 'get_recent_emails' })).toBe(true)
    expect(isMeasured({ ...call, tool: 'draft_email' })).toBe(true)
    for (const tool of ['send_email', 'send_draft', 'reply_to_email', 'forward_email'] as const)
      expect(isMeasured({ ...call, tool }), tool).toBe(false)
    expect(isMeasured({ event: 'tool', tool: 'get_email', outcome: 'ok' })).toBe(false)
    expect(isMeasured({ event: 'request', route: 'mcp', status: 200, durationMs: 299_000 })).toBe(false)
  })

  test('R68: every function that logs is counted, once by each metric, one for each line', () => {
    const counts = counting().map(({ Properties }) => {
      const [first] = Properties.MetricTransformations as Record<string, string>[]
      return [nameOf(Properties.LogGroupName), first?.MetricNamespace, first?.MetricName, first?.MetricValue]
    })
    expect(sorted(counts)).toEqual(
      sorted(
        ['mcp', 'oauth', 'owner', 'authorizer'].flatMap((group) =>
          ['KeyRefused', 'KeysUnavailable', 'StoreUnavailable', 'Bugs'].map((metric) => [
            `/email-connector/prod/${group}`,
            'email-connector/prod',
            metric,
            '1',
          ]),
        ),
      ),
    )
  })
})

describe('the topic', () => {
  test('R68: CloudWatch of this account and EventBridge publish, over TLS, and nobody else', () => {
    const { PolicyDocument, Topics } = withDomain.one('AWS::SNS::TopicPolicy').Properties
    const topic = { Ref: Object.keys(withDomain.all('AWS::SNS::Topic'))[0] }
    const publish = { Action: 'sns:Publish', Resource: topic }
    expect(Topics).toEqual([topic])
    expect((PolicyDocument as { Statement: object[] }).Statement).toEqual([
      {
        ...publish,
        Sid: 'AllowPublishThroughSSLOnly',
        Effect: 'Deny',
        Principal: '*',
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
      {
        ...publish,
        Sid: 'Publishcloudwatch',
        Effect: 'Allow',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      },
      { ...publish, Sid: 'Publishevents', Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' } },
    ])
  })
})

describe('the budget', () => {
  test('warns the alarm address at 80 % spent and when 100 % is forecast', () => {
    const { Budget, NotificationsWithSubscribers } = withDomain.one('AWS::Budgets::Budget').Properties
    expect(Budget).toMatchObject({
      BudgetType: 'COST',
      TimeUnit: 'MONTHLY',
      BudgetLimit: { Amount: 100, Unit: 'USD' },
    })
    const warning = (Threshold: number, NotificationType: string) => ({
      Notification: { ComparisonOperator: 'GREATER_THAN', Threshold, NotificationType },
      Subscribers: [{ SubscriptionType: 'EMAIL', Address: 'ops@example.com' }],
    })
    expect(NotificationsWithSubscribers).toEqual([warning(80, 'ACTUAL'), warning(100, 'FORECASTED')])
    expect(withoutDomain.all('AWS::Budgets::Budget')).toEqual({})
  })
})

interface MetricOf {
  Namespace: string
  MetricName: string
  Dimensions?: { Name: string; Value: unknown }[]
}

/** Name, metric, statistic, threshold, periods, missing data of every alarm. */
function alarmsOf({ all }: Synthesized): string[][] {
  const operators: Record<string, string> = { GreaterThanOrEqualToThreshold: '>=' }
  return sorted(
    Object.values(all('AWS::CloudWatch::Alarm')).map(({ Properties }: Resource) => {
      const { AlarmName, Threshold, ComparisonOperator, EvaluationPeriods, DatapointsToAlarm } = Properties
      const { metric, statistic, seconds } = watched(Properties)
      const periods = DatapointsToAlarm === undefined ? '' : `${DatapointsToAlarm} of `
      return [
        String(AlarmName).replace('prod-email-connector-', ''),
        metric,
        statistic,
        `${operators[String(ComparisonOperator)] ?? ComparisonOperator} ${Threshold}`,
        `${periods}${EvaluationPeriods} × ${seconds} s`,
        String(Properties.TreatMissingData),
      ]
    }),
  )
}

function watched(properties: Resource['Properties']): {
  metric: string
  statistic: string
  seconds: unknown
} {
  const describeMetric = ({ Namespace, MetricName, Dimensions = [] }: MetricOf) =>
    [Namespace, MetricName, ...Dimensions.map(({ Name, Value }) => `${Name}=${nameOf(Value)}`)].join(' ')
  if (properties.Metrics === undefined) {
    const { Statistic, ExtendedStatistic, Period, EvaluateLowSampleCountPercentile: few } = properties
    const fewSamples = few === undefined ? '' : `, few samples: ${few}`
    return {
      metric: describeMetric(properties as unknown as MetricOf),
      statistic: `${Statistic ?? ExtendedStatistic}${fewSamples}`,
      seconds: Period,
    }
  }
  const parts = properties.Metrics as {
    Id: string
    Expression?: string
    ReturnData: boolean
    MetricStat?: { Metric: MetricOf; Stat: string; Period: number }
  }[]
  const expression = parts.find(({ ReturnData }) => ReturnData)?.Expression ?? ''
  const used = parts.flatMap(({ Id, MetricStat }) =>
    MetricStat === undefined ? [] : [`${Id}: ${describeMetric(MetricStat.Metric)} ${MetricStat.Stat}`],
  )
  return {
    metric: [expression, ...used].join('; '),
    statistic: 'expression',
    seconds: parts.find(({ MetricStat }) => MetricStat !== undefined)?.MetricStat?.Period,
  }
}

/** A name that is written, or the short name of what CloudFormation puts in. */
function nameOf(value: unknown): string {
  if (typeof value === 'string') return value
  const text = JSON.stringify(value)
  const [, id = text] = /ExportsOutputRef(\w+?)(?:Logs)?[0-9A-F]{16}/.exec(text) ?? []
  return `${id[0]?.toLowerCase()}${id.slice(1).replace(/[0-9A-F]{8}$/, '')}`
}

/** The line as the functions write it; none of its fields may be dropped. */
function written(line: LogLine): string {
  let text = ''
  createLog({
    write: (made) => {
      text = made
    },
    now: () => new Date(0),
  })(line)
  expect(text).not.toContain('dropped')
  return text
}

/** As CloudWatch Logs reads `{ ($.field = "word") && … }`; any other pattern is a failure. */
function matches(pattern: string, line: string): boolean {
  const inner = /^\{ (.+) \}$/.exec(pattern)?.[1]
  if (inner === undefined) throw new Error(`Not a pattern over JSON: ${pattern}`)
  const fields = JSON.parse(line) as Record<string, unknown>
  return inner.split(' && ').every((condition) => {
    const [, field = '', operator, word] = /^\(\$\.(\w+) (=|!=|>=) (?:"([a-z_]+)"|0)\)$/.exec(condition) ?? []
    const value = fields[field]
    // A comparison with a field that is not there is never true.
    if (operator === '=') return value === word
    if (operator === '!=') return value !== undefined && value !== word
    if (operator === '>=') return typeof value === 'number' && value >= 0
    throw new Error(`Not a comparison that is known here: ${condition}`)
  })
}

function sorted<Row>(rows: Row[]): Row[] {
  return [...rows].sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)))
}
