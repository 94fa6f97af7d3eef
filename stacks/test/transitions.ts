/**
 * The stages that a deployment may move between, and what of each move a person notices; the changes that are refused before
 * anything is touched, with the sentence that says so. The tests replay them, docs/transitions.md prints them.
 */
import { parseStage, StageError, type StageOptions } from '../settings.ts'
import { type CloudFormation, createCloudFormation, Refusal } from './cloudformation.ts'
import { replacingChanges } from './specification.ts'
import { personal, production, type Synthesized, synthesize } from './synthesize.ts'

const withDomain: StageOptions = {
  region: 'eu-central-1',
  domain: { name: 'mail.example.com', hostedZone: { id: 'Z0123456789ABC', name: 'example.com' } },
}
const certificateArn = 'arn:aws:acm:eu-central-1:123456789012:certificate/x'
const { domain: _domain, firewall: _firewall, ...everythingWithoutDomain } = production

export const stages: Readonly<Record<string, StageOptions>> = {
  personal,
  'without a domain, data kept': { region: 'eu-central-1' },
  'with a domain': withDomain,
  'with another domain': { ...withDomain, domain: { name: 'post.example.com', certificateArn } },
  'with a certificate of the owner’s': {
    ...withDomain,
    domain: { name: 'mail.example.com', certificateArn },
  },
  'with a firewall': { ...withDomain, firewall: true },
  'without streaming': { ...withDomain, streaming: false },
  'in a network': { region: 'eu-central-1', vpc: true },
  'with clients’ secrets': { region: 'eu-central-1', preRegisteredClients: true },
  'with providers to sign in with': { region: 'eu-central-1', signInProviders: true },
  'with everything': production,
  'with everything but a domain': everythingWithoutDomain,
  'with a role for the gateway’s logs': { ...withDomain, gatewayLogRole: 'create' },
}

const made = new Map<string, Synthesized>()
export function get(name: string): Synthesized {
  const options = stages[name]
  if (options === undefined) throw new Error(`There is no stage ${name}`)
  const found = made.get(name) ?? synthesize(options)
  made.set(name, found)
  return found
}

/** As `cdk deploy --all` and `sst deploy` do: stack after stack, in the order of their dependencies. */
export function deploy(account: CloudFormation, { templates }: Pick<Synthesized, 'templates'>): void {
  for (const [stack, template] of Object.entries(templates)) account.deploy(stack, template)
}

/** In CloudFormation's words; `none` when it was done. */
export function refusalOf(run: () => void): string {
  try {
    run()
    return 'none'
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return error.message
  }
}

const moves = new Map<string, string>()

/** There and back, twice: what one way leaves behind may be in the way of the other. */
export function move(from: string, to: string): string {
  const known = moves.get(`${from} ${to}`)
  if (known !== undefined) return known
  const account = createCloudFormation({ replacingChanges })
  const refusal = refusalOf(() => {
    for (const name of [from, to, from, to]) deploy(account, get(name))
  })
  moves.set(`${from} ${to}`, refusal)
  return refusal
}

/** What people notice of a move that is possible, read from the templates. */
export function noticed(from: string, to: string): string[] {
  const output = (name: string, stack: string, key: string) =>
    JSON.stringify(get(name).templates[stack]?.Outputs?.[key]?.Value)
  const network = (name: string) => output(name, 'network', 'EgressIp')
  return [
    ...(output(from, 'api', 'Url') === output(to, 'api', 'Url') ? [] : ['address']),
    ...(network(from) === network(to) ? [] : ['egress']),
    ...(keepsData(from) && !keepsData(to) ? ['data'] : []),
  ]
}

const keepsData = (name: string) => parseStage('prod', stages[name]).keepData

/** From `stages`, and what is changed in it; `undefined` takes a setting away. */
export const refusedChanges: readonly [title: string, from: string, change: Record<string, unknown>][] = [
  ['the domain goes, the firewall stays', 'with a firewall', { domain: undefined }],
  ['a firewall for a stage without a domain', 'personal', { firewall: true }],
  ['a stage with data loses its protection', 'with a domain', { keepData: false }],
  ['the network goes, the mail servers in it stay', 'with everything', { vpc: false }],
  ['a budget without an address to warn', 'with everything', { alarmAddress: undefined }],
  [
    'a certificate of another region',
    'with a domain',
    {
      domain: {
        name: 'mail.example.com',
        certificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/x',
      },
    },
  ],
  ['a domain with neither zone nor certificate', 'personal', { domain: { name: 'mail.example.com' } }],
  ['a setting that does not exist', 'with a domain', { firewal: true }],
]

export function sentenceOf(from: string, change: Record<string, unknown>): string {
  const options = Object.fromEntries(
    Object.entries({ ...stages[from], ...change }).filter(([, value]) => value !== undefined),
  )
  try {
    parseStage('prod', options)
  } catch (error) {
    if (error instanceof StageError) return error.faults.join('; ')
    throw error
  }
  throw new Error(`It is not refused: ${JSON.stringify(change)}`)
}
