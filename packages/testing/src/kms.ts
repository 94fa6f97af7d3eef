/**
 * A stand-in for AWS KMS over the wire (JSON 1.1): GenerateDataKey, Decrypt, DescribeKey with real encryption under
 * a key made at start, the encryption context bound in, AWS's error names, a log of calls, and faults on demand.
 * It checks no signature and no policy; IAM is a matter of the template tests.
 */
import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The errors a caller of KMS has to live with, and the HTTP status each comes with. */
const errorStatus = {
  AccessDeniedException: 400,
  DependencyTimeoutException: 500,
  DisabledException: 400,
  IncorrectKeyException: 400,
  InvalidCiphertextException: 400,
  KMSInternalException: 500,
  KMSInvalidStateException: 400,
  KeyUnavailableException: 500,
  NotFoundException: 400,
  ThrottlingException: 400,
  ValidationException: 400,
} as const

export type KmsErrorName = keyof typeof errorStatus

export interface KmsCall {
  operation: string
  keyId: string | undefined
  context: Record<string, string>
  /** The name of the error it was answered with. */
  error?: KmsErrorName
}

export interface LocalKms {
  readonly endpoint: string
  readonly keyArn: string
  /** What the AWS SDK's client takes; one attempt only, so that a fault is seen at once. */
  readonly clientOptions: {
    endpoint: string
    region: string
    credentials: { accessKeyId: string; secretAccessKey: string }
    maxAttempts: number
  }
  readonly calls: readonly KmsCall[]
  forgetCalls(): void
  /** The next `count` calls fail with that error. */
  failNext(name: KmsErrorName, count?: number): void
  /** Forgets what is left of them. */
  endFailures(): void
  /** Holds every answer back. */
  delayMs: number
  /** As `ScheduleKeyDeletion` and `DisableKey` do. */
  keyState: 'Enabled' | 'Disabled' | 'PendingDeletion'
  stop(): Promise<void>
}

class KmsError extends Error {
  override readonly name: KmsErrorName
  constructor(name: KmsErrorName, message = '') {
    super(message)
    this.name = name
  }
}

interface KmsRequest {
  KeyId?: string
  KeySpec?: string
  NumberOfBytes?: number
  CiphertextBlob?: string
  EncryptionContext?: Record<string, string>
}

export async function startKms(): Promise<LocalKms> {
  const keyId = randomUUID()
  const keyArn = `arn:aws:kms:eu-central-1:000000000000:key/${keyId}`
  const masterKey = randomBytes(32)
  const calls: KmsCall[] = []
  const failures: KmsErrorName[] = []

  function assertKey(request: KmsRequest) {
    if (request.KeyId !== keyArn && request.KeyId !== keyId)
      throw new KmsError('NotFoundException', `Key '${request.KeyId}' does not exist`)
  }
  function assertUsable() {
    if (kms.keyState === 'Disabled') throw new KmsError('DisabledException', `${keyArn} is disabled.`)
    if (kms.keyState === 'PendingDeletion')
      throw new KmsError('KMSInvalidStateException', `${keyArn} is pending deletion.`)
  }
  /** KMS binds the context whatever the order of its pairs. */
  const toAad = (context: Record<string, string> = {}) =>
    Buffer.from(JSON.stringify([keyArn, ...Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1))]))

  const operations: Record<string, (request: KmsRequest) => object> = {
    GenerateDataKey(request) {
      assertKey(request)
      assertUsable()
      const size = request.NumberOfBytes ?? { AES_256: 32, AES_128: 16 }[request.KeySpec ?? '']
      if (size === undefined)
        throw new KmsError('ValidationException', 'KeySpec or NumberOfBytes is required')
      const plaintext = randomBytes(size)
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', masterKey, nonce).setAAD(toAad(request.EncryptionContext))
      const sealed = Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
      return {
        KeyId: keyArn,
        Plaintext: plaintext.toString('base64'),
        CiphertextBlob: sealed.toString('base64'),
      }
    },
    Decrypt(request) {
      // A key named is only compared; the ciphertext itself says which it is.
      if (request.KeyId !== undefined && request.KeyId !== keyArn && request.KeyId !== keyId)
        throw new KmsError('IncorrectKeyException', 'The key ID in the request does not identify the key')
      assertUsable()
      try {
        const sealed = Buffer.from(request.CiphertextBlob ?? '', 'base64')
        const decipher = createDecipheriv('aes-256-gcm', masterKey, sealed.subarray(0, 12))
          .setAAD(toAad(request.EncryptionContext))
          .setAuthTag(sealed.subarray(-16))
        const plaintext = Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()])
        return {
          KeyId: keyArn,
          Plaintext: plaintext.toString('base64'),
          EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
        }
      } catch {
        // KMS says no more than this either, whichever of ciphertext and context is wrong.
        throw new KmsError('InvalidCiphertextException')
      }
    },
    DescribeKey(request) {
      assertKey(request)
      return {
        KeyMetadata: {
          KeyId: keyId,
          Arn: keyArn,
          KeyState: kms.keyState,
          Enabled: kms.keyState === 'Enabled',
          KeyUsage: 'ENCRYPT_DECRYPT',
          KeySpec: 'SYMMETRIC_DEFAULT',
        },
      }
    },
  }

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse) {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    const operation = String(incoming.headers['x-amz-target']).replace('TrentService.', '')
    const request = JSON.parse(Buffer.concat(chunks).toString() || '{}') as KmsRequest
    const call: KmsCall = { operation, keyId: request.KeyId, context: request.EncryptionContext ?? {} }
    calls.push(call)
    // Of this request, however late it is answered: the next test has failures of its own.
    const failure = failures.shift()
    if (kms.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, kms.delayMs))

    let status = 200
    let body: object
    try {
      if (failure) throw new KmsError(failure)
      const operate = operations[operation]
      if (!operate) throw new KmsError('ValidationException', `unknown operation ${operation}`)
      body = operate(request)
    } catch (error) {
      const { name, message } =
        error instanceof KmsError ? error : new KmsError('KMSInternalException', String(error))
      call.error = name
      status = errorStatus[name]
      body = { __type: name, message }
    }
    outgoing.writeHead(status, {
      'Content-Type': 'application/x-amz-json-1.1',
      'x-amzn-RequestId': randomUUID(),
    })
    outgoing.end(JSON.stringify(body))
  }

  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing).catch(() => outgoing.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const kms: LocalKms = {
    endpoint,
    keyArn,
    clientOptions: {
      endpoint,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      maxAttempts: 1,
    },
    calls,
    forgetCalls: () => void calls.splice(0),
    failNext: (name, count = 1) => void failures.push(...Array<KmsErrorName>(count).fill(name)),
    endFailures: () => void failures.splice(0),
    delayMs: 0,
    keyState: 'Enabled',
    async stop() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
  return kms
}
