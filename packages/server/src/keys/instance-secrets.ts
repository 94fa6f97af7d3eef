/**
 * The secrets of one deployment, made once and never shown: peppers of the owner index, roots of the owner's room, keys of
 * stateless client ids and of one-time sealed answers. Each is a list, newest first: old ones stay for as long as something made with
 * them may live, and lookups try each. In AWS the text comes from Secrets Manager, locally from a file of mode 0600.
 */
import { hkdfSync, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { keyBytes } from './seal.ts'
import { readOrCreateSecretFile } from './secret-file.ts'

export interface SecretKey {
  readonly kid: string
  /** 32 bytes. */
  readonly key: Uint8Array
}

export interface InstanceSecrets {
  /** Newest first, never empty; so are the others. */
  readonly peppers: readonly SecretKey[]
  /** Of the wraps by which the owner's page opens settings and audit. */
  readonly ownerRoots: readonly SecretKey[]
  /** Of the keys by which the ledger of sends knows a mailbox's emails. */
  readonly sendRoots: readonly SecretKey[]
  readonly dcrKeys: readonly SecretKey[]
  readonly handoffKeys: readonly SecretKey[]
}

/** The deployment's secrets in `dir`, made on the first start. */
export async function loadLocalSecrets(dir: string): Promise<InstanceSecrets> {
  const path = join(dir, 'instance-secrets.json')
  return parseInstanceSecrets(await readOrCreateSecretFile(path, createInstanceSecrets))
}

/** New secrets as the text that `parseInstanceSecrets` reads; Secrets Manager generates the same shape at deploy. */
export function createInstanceSecrets(): string {
  const text = { kid: randomBytes(4).toString('hex'), older: [], seed: randomBytes(48).toString('base64url') }
  return `${JSON.stringify(text, undefined, 2)}\n`
}

/**
 * Text: `{"kid", "seed", "older": [{"kid", "seed"}]}`. One seed per key generation, since Secrets Manager can generate
 * one value; every key is derived from it. Throws, without quoting any of it, when the text is something else.
 */
export function parseInstanceSecrets(text: string): InstanceSecrets {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // The parser's message quotes the text: it must not become a cause.
    throw new Error('The instance secrets are not JSON')
  }
  const older = isRecord(value) ? value.older : undefined
  if (!Array.isArray(older)) throw new Error('The instance secrets lack the list of older seeds')
  const seeds = [value, ...older].map(parseSeed)
  if (new Set(seeds.map(({ kid }) => kid)).size < seeds.length)
    throw new Error('The instance secrets hold a kid twice')
  const keysFor = (purpose: string) =>
    seeds.map(({ kid, seed }) => ({
      kid,
      key: new Uint8Array(hkdfSync('sha256', seed, '', `email-connector/instance/${purpose}`, keyBytes)),
    }))
  return {
    peppers: keysFor('pepper'),
    ownerRoots: keysFor('owner'),
    sendRoots: keysFor('send'),
    dcrKeys: keysFor('dcr'),
    handoffKeys: keysFor('handoff'),
  }
}

/** 43 base64 characters hold 256 bits; what is shorter was typed by hand. */
const minimumSeedLength = 43

function parseSeed(entry: unknown): { kid: string; seed: string } {
  const { kid, seed } = isRecord(entry) ? entry : {}
  if (typeof kid !== 'string' || !/^[\w-]{1,32}$/.test(kid))
    throw new Error('An instance secret lacks its kid')
  if (typeof seed !== 'string' || seed.length < minimumSeedLength)
    throw new Error('An instance secret lacks its seed or is too short')
  return { kid, seed }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
