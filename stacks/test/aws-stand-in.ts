/**
 * As much of AWS over loopback as a deployment talks to: STS, CloudFormation, S3 and SSM, for an account that is
 * bootstrapped and empty. What a stack may do is decided by cloudformation.ts; nothing in it is made. Knows no signature
 * and no rights.
 */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CloudFormation, createCloudFormation, Refusal, type Template } from './cloudformation.ts'
import { replacingChanges } from './specification.ts'

export interface AwsStandIn {
  readonly endpoint: string
  /** Service and operation in order: `cloudformation CreateStack`. */
  readonly calls: readonly string[]
  readonly stacks: ReadonlyMap<string, Template>
  readonly account: CloudFormation
  /** Bucket and key of everything that was uploaded. */
  readonly objects: ReadonlyMap<string, Buffer>
  stop(): Promise<void>
}

export const standInAccount = '123456789012'

// Without the namespace S3 clients take the element for plain text.
const s3Namespace = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'

const creationTime = '2026-01-01T00:00:00Z'

class AwsError extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

export async function startAwsStandIn(): Promise<AwsStandIn> {
  const calls: string[] = []
  const account = createCloudFormation({ replacingChanges })
  const { stacks } = account
  const objects = new Map<string, Buffer>()
  const changeSets = new Map<string, { name: string; stack: string; template: Template }>()
  const bootstrap: Readonly<Record<string, Record<string, string>>> = {
    CDKToolkit: { BootstrapVersion: '30', BucketName: 'bootstrap-assets' },
    SSTBootstrap: { Version: '7.4', BucketName: 'sst-bootstrap' },
  }

  function parseTemplate(form: URLSearchParams): Template {
    const url = form.get('TemplateURL')
    const text = url === null ? form.get('TemplateBody') : objects.get(new URL(url).pathname.slice(1))
    if (text === undefined || text === null) throw new AwsError('ValidationError', 'S3 error: no template')
    return JSON.parse(text.toString()) as Template
  }

  const stackId = (name: string) => `arn:aws:cloudformation:eu-central-1:${standInAccount}:stack/${name}/1`
  const nameOf = (nameOrId: string) => nameOrId.split(':stack/')[1]?.split('/')[0] ?? nameOrId

  /** By its id, or by the last of that name for the stack. */
  function findChangeSet(form: URLSearchParams) {
    const wanted = form.get('ChangeSetName') ?? ''
    const stack = nameOf(form.get('StackName') ?? '')
    const found = [...changeSets].findLast(
      ([id, { name, stack: of }]) => id === wanted || (name === wanted && of === stack),
    )
    if (found === undefined) throw new AwsError('ChangeSetNotFound', 'ChangeSet does not exist')
    return { id: found[0], ...found[1] }
  }

  function describe(nameOrId: string): string {
    const name = nameOf(nameOrId)
    const template = stacks.get(name)
    const failed = account.failed.get(name)
    const outputs = bootstrap[name] ?? (template === undefined ? failed && {} : outputsOf(template))
    if (outputs === undefined)
      throw new AwsError('ValidationError', `Stack with id ${nameOrId} does not exist`)
    const rows = Object.entries(outputs).map(
      ([key, value]) =>
        `<member><OutputKey>${key}</OutputKey><OutputValue>${escapeXml(value)}</OutputValue></member>`,
    )
    return `<Stacks><member><StackName>${name}</StackName><StackId>${stackId(name)}</StackId><CreationTime>${creationTime}</CreationTime><StackStatus>${failed ?? 'CREATE_COMPLETE'}</StackStatus><Outputs>${rows.join('')}</Outputs></member></Stacks>`
  }

  const cloudFormation: Readonly<Record<string, (form: URLSearchParams, name: string) => string>> = {
    DescribeStacks: (_, name) => describe(name),
    DescribeStackResources: () => '<StackResources/>',
    DescribeStackEvents: () => '<StackEvents/>',
    DescribeEvents: () => '<OperationEvents/>',
    ListStackResources: () => '<StackResourceSummaries/>',
    ListImports: () => '<Imports/>',
    GetTemplate(_, name) {
      describe(name)
      return `<TemplateBody>${escapeXml(JSON.stringify(stacks.get(nameOf(name)) ?? {}))}</TemplateBody>`
    },
    CreateStack(form, name) {
      account.deploy(name, parseTemplate(form))
      return `<StackId>${stackId(name)}</StackId>`
    },
    UpdateStack(form, name) {
      const template = parseTemplate(form)
      if (JSON.stringify(template) === JSON.stringify(stacks.get(name)))
        throw new AwsError('ValidationError', 'No updates are to be performed.')
      account.deploy(name, template)
      return `<StackId>${stackId(name)}</StackId>`
    },
    CreateChangeSet(form, name) {
      const id = `arn:aws:cloudformation:eu-central-1:${standInAccount}:changeSet/deploy/${randomUUID()}`
      changeSets.set(id, {
        name: form.get('ChangeSetName') ?? '',
        stack: name,
        template: parseTemplate(form),
      })
      return `<Id>${id}</Id><StackId>${stackId(name)}</StackId>`
    },
    DescribeChangeSet(form) {
      const { id, stack } = findChangeSet(form)
      const change = '<Type>Resource</Type><ResourceChange><Action>Add</Action></ResourceChange>'
      return `<ChangeSetId>${id}</ChangeSetId><ChangeSetName>deploy</ChangeSetName><StackId>${stackId(stack)}</StackId><StackName>${stack}</StackName><CreationTime>${creationTime}</CreationTime><Status>CREATE_COMPLETE</Status><ExecutionStatus>AVAILABLE</ExecutionStatus><Changes><member>${change}</member></Changes>`
    },
    ExecuteChangeSet(form) {
      const { stack, template } = findChangeSet(form)
      account.deploy(stack, template)
      return ''
    },
    DeleteStack(_, name) {
      account.remove(nameOf(name))
      return ''
    },
    DeleteChangeSet: () => '',
    UpdateTerminationProtection: (_, name) => `<StackId>${stackId(name)}</StackId>`,
  }

  const sts: Readonly<Record<string, () => string>> = {
    GetCallerIdentity: () =>
      `<Account>${standInAccount}</Account><UserId>tester</UserId><Arn>arn:aws:iam::${standInAccount}:user/tester</Arn>`,
    AssumeRole: () =>
      `<Credentials><AccessKeyId>ASIASTANDIN</AccessKeyId><SecretAccessKey>stand-in</SecretAccessKey><SessionToken>stand-in</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration></Credentials><AssumedRoleUser><AssumedRoleId>A:tester</AssumedRoleId><Arn>arn:aws:sts::${standInAccount}:assumed-role/role/tester</Arn></AssumedRoleUser>`,
  }

  function answerQuery(form: URLSearchParams): string {
    const action = form.get('Action') ?? ''
    const operation = sts[action]
    calls.push(`${operation === undefined ? 'cloudformation' : 'sts'} ${action}`)
    const body =
      operation?.() ?? cloudFormation[action]?.(form, form.get('StackName') ?? '') ?? unknown(action)
    return `<${action}Response><${action}Result>${body}</${action}Result><ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata></${action}Response>`
  }

  function answerS3(request: IncomingMessage, body: Buffer, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://s3')
    const path = decodeURIComponent(url.pathname).replace(/^\/|\/$/g, '')
    calls.push(`s3 ${request.method} ${path.includes('/') ? 'object' : `bucket${url.search}`}`)
    if (request.method === 'PUT') {
      objects.set(path, body)
      response.writeHead(200, { ETag: '"1"' }).end()
    } else if (!path.includes('/')) {
      const answers: Record<string, string> = {
        location: `<LocationConstraint ${s3Namespace}>eu-central-1</LocationConstraint>`,
        encryption: `<ServerSideEncryptionConfiguration ${s3Namespace}><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>`,
      }
      const [parameter = ''] = url.searchParams.keys()
      response.writeHead(200, { 'Content-Type': 'application/xml' })
      response.end(answers[parameter] ?? '<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>')
    } else {
      const found = objects.get(path)
      if (found === undefined) response.writeHead(404).end('<Error><Code>NoSuchKey</Code></Error>')
      else response.writeHead(200).end(request.method === 'HEAD' ? undefined : found)
    }
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const target = request.headers['x-amz-target']
    if (request.url?.startsWith('/endpoint?')) {
      calls.push('iot DescribeEndpoint')
      response.writeHead(200, { 'Content-Type': 'application/json' })
      // `sst dev` relays calls over it; nothing listens there.
      response.end(JSON.stringify({ endpointAddress: 'localhost' }))
    } else if (typeof target === 'string') {
      calls.push(`ssm ${target.split('.')[1]}`)
      response.writeHead(200, { 'Content-Type': 'application/x-amz-json-1.1' })
      // The version of the bootstrap stack.
      response.end(
        JSON.stringify({ Parameter: { Name: 'version', Value: '30', Type: 'String' }, Parameters: [] }),
      )
    } else if (request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')) {
      const send = (status: number, xml: string) =>
        response.writeHead(status, { 'Content-Type': 'text/xml' }).end(xml)
      try {
        send(200, answerQuery(new URLSearchParams(body.toString())))
      } catch (error) {
        if (!(error instanceof AwsError) && !(error instanceof Refusal)) throw error
        const code = error instanceof AwsError ? error.code : 'ValidationError'
        send(
          400,
          `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${escapeXml(error.message)}</Message></Error></ErrorResponse>`,
        )
      }
    } else {
      answerS3(request, body, response)
    }
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    ...{ stacks, account, objects },
    async stop() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** Of Lambda, in an account that has none. */
export async function startMissingFunctions() {
  const missing = { 'x-amzn-ErrorType': 'ResourceNotFoundException', 'Content-Type': 'application/json' }
  const server = createServer((_, response) => {
    response.writeHead(404, missing).end('{"Message":"Function not found"}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => server.close(),
  }
}

function unknown(action: string): never {
  throw new AwsError('InvalidAction', `The stand-in does not know ${action}`)
}

function outputsOf(template: Template): Record<string, string> {
  return Object.fromEntries(
    Object.entries(template.Outputs ?? {}).map(([key, { Value }]) => [
      key,
      typeof Value === 'string' ? Value : `value-of-${key}`,
    ]),
  )
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
