/** docs/deploy.md as far as it can be compared: settings, counted calls, sums, names. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { codeIn, readDocument, rowsIn, sectionOf } from '@email-connector/server/testing/documents'
import { describe, expect, test } from 'vitest'
import { idleClients } from '../../bench/idle-clients.ts'
import { parseStage } from '../settings.ts'
import { stageShape } from '../stage-options.ts'
import { deployCommands, notRun } from './deploy-commands.ts'
import { production, synthesize } from './synthesize.ts'

const root = join(import.meta.dirname, '..', '..')
const document = readDocument('deploy.md')

describe('docs/deploy.md', () => {
  test('names every setting and no other', () => {
    const settings = Object.keys(stageShape)
    const written = rowsIn(sectionOf(document, '## Every setting')).flatMap(([cell = '']) => codeIn(cell))
    expect(written.sort()).toEqual(settings.sort())
  })

  test('says the defaults as they are', () => {
    const {
      kind,
      keepData,
      streaming,
      tokensBackup,
      logRetentionDays,
      throttle,
      firewall,
      vpc,
      gatewayLogRole,
    } = parseStage('x', { region: 'eu-central-1' })
    const defaults = new Map(
      rowsIn(sectionOf(document, '## Every setting')).map(([name = '', value = '']) => [
        codeIn(name)[0],
        value,
      ]),
    )
    expect(defaults.get('kind')).toBe(`\`${kind}\``)
    expect(defaults.get('streaming')).toBe(`\`${streaming}\``)
    expect(defaults.get('keepData')).toMatch(new RegExp(`^\`${keepData}\``))
    expect(defaults.get('tokensBackup')).toBe(`\`${tokensBackup}\``)
    expect(defaults.get('logRetentionDays')).toMatch(new RegExp(`^${logRetentionDays};`))
    expect(defaults.get('throttle')).toBe(
      `\`requestsPerSecond\` ${throttle.requestsPerSecond}, \`burst\` ${throttle.burst}`,
    )
    expect([defaults.get('firewall'), defaults.get('vpc')]).toEqual([`\`${firewall}\``, `\`${vpc}\``])
    expect(defaults.get('gatewayLogRole')).toBe(`\`${gatewayLogRole}\``)
  })

  test('counts AWS calls as the bench does', () => {
    const { aws } = JSON.parse(readFileSync(join(root, 'bench', 'counts.json'), 'utf8')) as {
      aws: Record<string, { dynamoDb: number; kms: number }>
    }
    const rows = rowsIn(sectionOf(document, '## Cost')).filter(([request = '']) => aws[request] !== undefined)
    expect(rows.length).toBeGreaterThanOrEqual(7)
    for (const [request = '', dynamoDb, kms] of rows)
      expect([request, dynamoDb, kms]).toEqual([
        request,
        String(aws[request]?.dynamoDb),
        String(aws[request]?.kms),
      ])
  })

  test('says what an idle client costs as the bench does', () => {
    const { aws } = JSON.parse(readFileSync(join(root, 'bench', 'counts.json'), 'utf8')) as {
      aws: Parameters<typeof idleClients>[0]
    }
    const written = rowsIn(sectionOf(document, '## Cost')).filter((cells) => cells.length === 5)
    expect(written).toEqual(
      idleClients(aws).map((client) => [
        client.name,
        String(client.requestsPerDay),
        String(client.gbSecondsPerDay),
        client.dollarsPerDay.toFixed(4),
        String(client.concurrentPerThousand),
      ]),
    )
  })

  test('adds up what 1,000 calls cost', () => {
    const prices = rowsIn(sectionOf(document, '## Cost'))
      .filter((cells) => cells.length === 4)
      .map((cells) => Number(cells[3]?.replaceAll('*', '')))
    const together = prices.pop()
    expect(prices.reduce((sum, price) => sum + price, 0)).toBeCloseTo(together ?? 0, 4)
    expect(prices).toHaveLength(7)
  })

  test('names the stacks that are made', () => {
    const names = rowsIn(sectionOf(document, '## What is deployed')).flatMap(([cell = '']) =>
      codeIn(cell).filter((code) => code.startsWith('STAGE-')),
    )
    const { stacks } = synthesize(production, { name: 'STAGE' })
    expect(names.sort()).toEqual(stacks.map(({ stackName }) => stackName).sort())
  })

  test('gives a stage that is accepted', () => {
    const [, example = ''] = /```json\n([\s\S]*?)```/.exec(document) ?? []
    const { prod } = JSON.parse(example) as Record<string, unknown>
    expect(parseStage('prod', prod)).toMatchObject({ keepData: true, alarmAddress: 'ops@example.com' })
  })

  test('the seed it asks for is one the functions accept', () => {
    // openssl rand -base64 48 prints 64 characters.
    expect(document).toContain('openssl rand -base64 48')
    expect(document).toContain('43 characters or more')
  })
})

test('every command of docs/deploy.md is run by a test, or has a reason', () => {
  const commands = commandsIn(document)
  expect([...commands].sort()).toEqual([...deployCommands, ...Object.keys(notRun)].sort())
})

describe('docs/examples', () => {
  const example = (name: string) => readFileSync(join(root, 'docs', 'examples', name), 'utf8')

  test('the role of a pipeline may take three roles of CDK in one repository’s environment, and nothing else', () => {
    const { AssumeRolePolicyDocument, PolicyDocument } = JSON.parse(example('deployer-role.json')) as Record<
      string,
      { Statement: { Action: string; Resource?: string[]; Condition?: unknown }[] }
    >
    expect(PolicyDocument?.Statement).toHaveLength(1)
    const [may] = PolicyDocument?.Statement ?? []
    expect(may?.Action).toBe('sts:AssumeRole')
    for (const role of may?.Resource ?? [])
      expect(role).toMatch(/^arn:aws:iam::\d{12}:role\/cdk-hnb659fds-(?:deploy|file-publishing|lookup)-role-/)
    expect(AssumeRolePolicyDocument?.Statement[0]?.Condition).toEqual({
      StringEquals: {
        'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
        'token.actions.githubusercontent.com:sub': 'repo:OWNER/email-connector:environment:prod',
      },
    })
  })

  test('the workflow deploys as the document says, holds no key, and takes that role', () => {
    const workflow = example('deploy.yml')
    expect(workflow).toContain('run: npx cdk deploy --all -c stage=prod')
    expect(workflow).toContain('role/email-connector-deployer')
    expect(workflow).toContain('id-token: write')
    expect(workflow).not.toMatch(/AWS_(?:SECRET_)?ACCESS_KEY|secrets\./)
    for (const [, version = ''] of workflow.matchAll(/uses: \S+@(\S+)/g))
      expect(version).toMatch(/^[0-9a-f]{40}$/)
  })
})

/** The commands in blocks and between backquotes, each once. */
function commandsIn(document: string): string[] {
  const blocks = [...document.matchAll(/^ *```sh\n([\s\S]*?)^ *```/gm)].flatMap(([, block = '']) =>
    block.split('\n'),
  )
  const inline = [...document.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code)
  const commands = [...inline, ...blocks].map((line) => line.trim())
  return [...new Set(commands.filter((line) => /^(?:npx|npm|aws|cp|openssl|git) /.test(line)))]
}
