/**
 * The secrets of one deployment, made once and never shown: peppers of the owner index, keys of stateless client ids,
 * keys of one-time sealed answers. Each is a list, newest first: old ones stay for as long as something made with
 * them may live, and look-ups try each. In AWS the text comes from Secrets Manager, locally from a file of mode 0600.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { keyBytes } from './seal.ts'
import { readOrCreateSecretFile } from './secret-file.ts'

export interface SecretKey {
  readonly kid: string
  /** 32 bytes. */
  readonly key: Uint8Array
}

export interface InstanceSecrets {
  /** Newest first, never empty; so are the other two. */
  readonly peppers: readonly SecretKey[]
  readonly dcrKeys: readonly SecretKey[]
  readonly handoffKeys: readonly SecretKey[]
}

/** The deployment's secrets in `dir`, made on the first start. */
export async function loadLocalSecrets(dir: string): Promise<InstanceSecrets> {
  const path = join(dir, 'instance-secrets.json')
  return parseInstanceSecrets(await readOrCreateSecretFile(path, createInstanceSecrets))
}

/** New secrets as the text that `parseInstanceSecrets` reads. */
export function createInstanceSecrets(): string {
  const fresh = () => [
    { kid: randomBytes(4).toString('hex'), key: randomBytes(keyBytes).toString('base64url') },
  ]
  return `${JSON.stringify({ peppers: fresh(), dcrKeys: fresh(), handoffKeys: fresh() }, undefined, 2)}\n`
}

/** Throws, without quoting any of it, when the text is not what `createInstanceSecrets` makes. */
export function parseInstanceSecrets(text: string): InstanceSecrets {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // The parser's message quotes the text: it must not become a cause.
    throw new Error('The instance secrets are not JSON')
  }
  return {
    peppers: parseKeys(value, 'peppers'),
    dcrKeys: parseKeys(value, 'dcrKeys'),
    handoffKeys: parseKeys(value, 'handoffKeys'),
  }
}

function parseKeys(value: unknown, name: string): SecretKey[] {
  const list = isRecord(value) ? value[name] : undefined
  if (!Array.isArray(list) || list.length === 0) throw new Error(`The instance secrets lack ${name}`)
  return list.map((entry: unknown) => {
    const kid = isRecord(entry) ? entry.kid : undefined
    const encoded = isRecord(entry) ? entry.key : undefined
    const key = typeof encoded === 'string' ? new Uint8Array(Buffer.from(encoded, 'base64url')) : undefined
    if (typeof kid !== 'string' || kid === '' || key?.length !== keyBytes) {
      throw new Error(`The instance secrets hold a malformed entry in ${name}`)
    }
    return { kid, key }
  })
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
