/** Templates of a stage without a command: plain CDK in this process, on placeholder bundles. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { functionNames } from '@email-connector/server/deployment-names'
import { App, Aspects, type IAspect, Stack } from 'aws-cdk-lib'
import { createBundledFunction, createStacks } from '../app.ts'
import { stackName } from '../names.ts'
import { parseStage, type StageOptions } from '../settings.ts'
import type { Template } from './cloudformation.ts'

export interface Resource {
  readonly Type: string
  readonly Properties: Record<string, unknown>
  readonly DeletionPolicy?: string
  readonly UpdateReplacePolicy?: string
}

export interface Synthesized {
  readonly app: App
  readonly stacks: readonly Stack[]
  /** By the end of the stack's name. */
  readonly templates: Readonly<Record<string, Template>>
  /** Of all stacks, by logical id. */
  all(type: string): Record<string, Resource>
  /** The only one whose logical id starts so. */
  one(type: string, prefix?: string): Resource
}

/** Everything an owner can turn on. */
export const production: StageOptions = {
  region: 'eu-central-1',
  domain: { name: 'mail.example.com', hostedZone: { id: 'Z0123456789ABC', name: 'example.com' } },
  allowedAccounts: ['example.com', 'ann@example.org'],
  disabledClients: ['cursor'],
  disabledProviders: ['outlook', 'protonmail'],
  corsOrigins: ['https://tools.example.com'],
  extraRedirectUris: ['https://tools.example.com/callback'],
  preRegisteredClients: true,
  signInProviders: true,
  gate: {
    issuer: 'https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0',
    clientId: 'email-connector',
    allow: ['tid:11111111-2222-3333-4444-555555555555', 'group:mail'],
    name: 'Example Works',
    scopes: ['offline_access'],
    days: 2,
  },
  tokenDays: { access: 7, refreshIdle: 30, grant: 180 },
  alarmAddress: 'ops@example.com',
  monthlyBudgetUsd: 100,
  logRetentionDays: 90,
  reservedConcurrency: { mcp: 100, oauth: 20, authorizer: 30 },
  firewall: true,
  gatewayLogRole: 'create',
  vpc: true,
  internalMail: { hosts: ['imap.corp.example.com', 'smtp.corp.example.com'] },
  permissionsBoundaryArn: 'arn:aws:iam::123456789012:policy/boundary',
  tags: { 'cost-centre': '42' },
}

export const personal: StageOptions = { kind: 'personal', region: 'eu-central-1' }

const options = { production, personal }
export type Kind = keyof typeof options
export const kinds: readonly Kind[] = ['production', 'personal']
const made = new Map<Kind, Synthesized>()

/** A stage with everything, or a personal one, synthesized once for all tests of a file. */
export function get(kind: Kind): Synthesized {
  const found = made.get(kind) ?? synthesize(options[kind])
  made.set(kind, found)
  return found
}

export function synthesize(
  options: StageOptions,
  {
    name = 'prod',
    streams = true,
    aspect,
    account,
  }: { name?: string; streams?: boolean; aspect?: IAspect; account?: string } = {},
): Synthesized {
  const stage = parseStage(name, options)
  const bundles = mkdtempSync(join(tmpdir(), 'stacks-test-'))
  for (const functionName of functionNames) {
    mkdirSync(join(bundles, functionName))
    writeFileSync(join(bundles, functionName, 'index.mjs'), 'export const handler = async () => ({})\n')
  }
  const app = new App({ outdir: join(bundles, 'out') })
  const stacks: Stack[] = []
  try {
    createStacks(app, stage, {
      createStack(id) {
        const stack = new Stack(app, stackName(name, id), {
          env: { region: stage.region, ...(account !== undefined && { account }) },
        })
        stacks.push(stack)
        return stack
      },
      createFunction: createBundledFunction(bundles),
      streams,
    })
    if (aspect !== undefined) Aspects.of(app).add(aspect)
    const assembly = app.synth()
    const { missing = [] } = assembly.manifest
    if (missing.length > 0) throw new Error(`Synthesis asks the account for ${missing[0]?.key}`)
    const templates = Object.fromEntries(
      assembly.stacks.map((artifact) => [
        artifact.stackName.replace(stackName(name, ''), ''),
        artifact.template as Template,
      ]),
    )
    const all = (type: string) =>
      Object.fromEntries(
        Object.values(templates).flatMap((template) =>
          Object.entries(template.Resources).filter(([, resource]) => resource.Type === type),
        ),
      ) as Record<string, Resource>
    return {
      app,
      stacks,
      templates,
      all,
      one(type, prefix = '') {
        const found = Object.entries(all(type)).filter(([id]) => id.startsWith(prefix))
        const [first] = found
        if (first === undefined || found.length > 1)
          throw new Error(`${found.length} resources ${type} ${prefix}`)
        return first[1]
      },
    }
  } finally {
    rmSync(bundles, { recursive: true })
  }
}
