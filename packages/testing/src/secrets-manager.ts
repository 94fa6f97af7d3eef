/**
 * A stand-in for AWS Secrets Manager over the wire (JSON 1.1): GetSecretValue of secrets given at start, by name or
 * ARN, a log of calls, and an outage on demand. It checks no signature and no policy.
 */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface LocalSecretsManager {
  readonly endpoint: string
  /** The names of what was asked for, in order. */
  readonly calls: readonly string[]
  /** Every call fails as the service does when it is overloaded. */
  unavailable: boolean
  stop(): Promise<void>
}

export async function startSecretsManager(
  secrets: Readonly<Record<string, string>>,
): Promise<LocalSecretsManager> {
  const calls: string[] = []

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse) {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    const { SecretId = '' } = JSON.parse(Buffer.concat(chunks).toString() || '{}') as { SecretId?: string }
    calls.push(SecretId)
    const [status, body] = toAnswer(String(incoming.headers['x-amz-target']), SecretId)
    outgoing.writeHead(status, {
      'Content-Type': 'application/x-amz-json-1.1',
      'x-amzn-RequestId': randomUUID(),
    })
    outgoing.end(JSON.stringify(body))
  }

  function toAnswer(target: string, id: string): [status: number, body: object] {
    if (manager.unavailable) return [500, { __type: 'InternalServiceError', Message: 'try again' }]
    if (target !== 'secretsmanager.GetSecretValue')
      return [400, { __type: 'InvalidRequestException', Message: `unknown operation ${target}` }]
    const SecretString = secrets[id]
    if (SecretString === undefined)
      return [
        400,
        { __type: 'ResourceNotFoundException', Message: "Secrets Manager can't find the specified secret." },
      ]
    const ARN = `arn:aws:secretsmanager:eu-central-1:000000000000:secret:${id}`
    return [200, { ARN, Name: id, SecretString, VersionId: randomUUID(), VersionStages: ['AWSCURRENT'] }]
  }

  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing).catch(() => outgoing.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const manager: LocalSecretsManager = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    unavailable: false,
    async stop() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
  return manager
}
